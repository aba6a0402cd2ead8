use crate::ast::Lock;
use crate::finding::Level;
use crate::rules::{Case, Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/lock-upgrade.md")]
    "lock-upgrade", "WD085", Ddl, Warning, since "0.1.0",
    "transaction that has written to a table asks for a lock that conflicts with writers",
    [Effects(check)]
}

fn check(case: &Case<'_>, report: &mut Report) {
    let facts = case.facts;
    for effect in case.locks().relations().iter().filter(|effect| effect.lock >= Lock::Share && !effect.is_index) {
        let Some(held) = facts.held(&effect.name) else { continue };
        // Two transactions that hold the weaker lock and want the stronger one wait for each other for ever; what two
        // cannot hold at once is no danger.
        let can_be_shared = held >= Lock::RowShare && !held.conflicts_with(held);
        let upgrades = can_be_shared && held < effect.lock && held.conflicts_with(effect.lock);
        let Some(table) = facts.shared(&effect.name).filter(|_| upgrades) else { continue };
        let finding = report
            .finding(
                facts.identity(&table),
                format!(
                    "this transaction holds {} on \"{}\" and now asks for {}: two that do so deadlock",
                    held.name(),
                    table.name,
                    effect.lock.name()
                ),
            )
            .detail(format!(
                "Another transaction that has written to \"{}\" and asks for more is waited for, and waits for this one.",
                table.name
            ))
            .hint("Run the DDL first, or in a transaction of its own, and write rows in another.");
        // Alone, nobody can be waited for.
        report.push(if facts.in_use(&effect.name) { finding } else { finding.level(Level::Info) });
    }
}
