use crate::ast::Lock;
use crate::rules::wording::extent;
use crate::rules::{Case, Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/transaction-holds-access-exclusive.md")]
    "transaction-holds-access-exclusive", "WD083", Ddl, Warning, since "0.1.0",
    "long work while an earlier statement of the transaction keeps another table locked",
    [Effects(check)]
}

fn check(case: &Case<'_>, report: &mut Report) {
    let facts = case.facts;
    let held = facts.held_tables(Lock::AccessExclusive);
    let Some(locked) = held.iter().find_map(|(name, _)| facts.shared(name)) else { return };
    let long_work = case.effects().relations().iter().filter(|e| !e.is_index && !e.work.is_none()).find_map(|effect| {
        let table = facts.shared_and_large(&effect.name)?;
        let another = !held.iter().any(|(name, _)| *name == effect.name);
        another.then_some(table)
    });
    let Some(table) = long_work else { return };
    report.push(
        report
            .finding(
                facts.identity(&locked),
                format!("\"{}\" stays locked against reads and writes while this works on \"{}\"", locked.name, table.name),
            )
            .detail(format!(
                "An earlier statement of this transaction took ACCESS EXCLUSIVE on \"{}\", which is held until COMMIT. {}",
                locked.name,
                extent(&table)
            ))
            .hint("COMMIT before it, or run it first: the lock that blocks most comes last."),
    );
}
