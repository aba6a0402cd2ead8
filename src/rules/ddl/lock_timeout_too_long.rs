use crate::ast::Lock;
use crate::rules::wording::{Quantity, extent};
use crate::rules::{Case, Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/lock-timeout-too-long.md")]
    "lock-timeout-too-long", "WD087", Ddl, Info, since "0.1.0",
    "lock_timeout lets others queue for long",
    [Effects(check)]
}

/// Milliseconds that a queue of readers and writers may grow.
const LONG: i32 = 30_000;

fn check(case: &Case<'_>, report: &mut Report) {
    let facts = case.facts;
    let timeout = facts.lock_timeout();
    if timeout <= LONG {
        return;
    }
    let mut exclusive = case.locks().relations().iter().filter(|e| e.lock == Lock::AccessExclusive && !e.is_index);
    let Some(table) = exclusive.find_map(|effect| facts.shared_and_large(&effect.name)) else { return };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!(
                    "lock_timeout is {}: so long may everybody wait for \"{}\"",
                    Quantity::Seconds(f64::from(timeout) / 1_000.0),
                    table.name
                ),
            )
            .detail(format!(
                "{} Readers and writers queue behind the statement while it waits for its lock.",
                extent(&table)
            ))
            .hint("SET lock_timeout = '2s'; and try again when it times out."),
    );
}
