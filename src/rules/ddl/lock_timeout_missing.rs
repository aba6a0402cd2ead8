use crate::ast::{DropKind, Lock, QualifiedName, Statement};
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/lock-timeout-missing.md")]
    "lock-timeout-missing", "WD010", Ddl, Warning, since "0.1.0",
    "nothing bounds the wait for a lock that others queue behind",
    [Statement(check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(name) = locked_against_writers(statement, facts) else { return };
    if facts.lock_timeout() > 0 {
        return;
    }
    let Some(table) = facts.shared(&name).filter(|table| table.large || facts.in_use(&name)) else { return };
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!(
                    "no lock_timeout: while this waits for \"{0}\", everybody after it waits for \"{0}\" too",
                    table.name
                ),
            )
            .detail(format!("{} lock_timeout is 0, so that the wait has no end.", extent(&table)))
            .hint("Before it: SET lock_timeout = '2s'; and try again when it times out.")
            .at(name.at)
            .reminder(),
    );
}

/// The table that the statement locks against writers at least.
fn locked_against_writers(statement: &Statement, facts: &dyn Facts) -> Option<QualifiedName> {
    match statement {
        Statement::CreateIndex(index) if !index.concurrently => Some(index.table.clone()),
        Statement::AlterTable { table, lock, .. } if *lock >= Lock::Share => Some(table.clone()),
        Statement::Drop(drop) if !drop.concurrently => {
            let name = drop.names.first()?;
            match drop.kind {
                DropKind::Table => Some(name.clone()),
                DropKind::Index => facts.index(name).found().map(|index| QualifiedName { at: name.at, ..index.table }),
                _ => None,
            }
        }
        _ => None,
    }
}
