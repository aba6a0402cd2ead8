use crate::ast::{DropKind, Lock, Statement};
use crate::facts::Facts;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/drop-index-not-concurrent.md")]
    "drop-index-not-concurrent", "WD002", Ddl, Warning, since "0.1.0",
    "index dropped while reads and writes wait",
    [Statement(DROP, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Drop(drop) = statement else { return };
    // CONCURRENTLY takes one index at a time and no CASCADE.
    let [name] = drop.names.as_slice() else { return };
    if drop.kind != DropKind::Index || drop.concurrently || drop.cascade {
        return;
    }
    let Some(index) = facts.index(name).found().filter(|index| !index.partitioned && !index.of_constraint) else {
        return;
    };
    // Where the transaction has the table locked already, the drop waits for nothing and blocks nobody more.
    if facts.held(&index.table) == Some(Lock::AccessExclusive) {
        return;
    }
    let Some(table) = facts.shared_and_large(&index.table) else { return };
    let of = if table.name.is_empty() { "its table".to_owned() } else { format!("\"{}\"", table.name) };
    report.push(
        report
            .finding(
                facts.qualified(&index.schema, &index.name),
                format!("dropping index \"{}\" blocks reads and writes of {of}", index.name),
            )
            .detail(format!(
                "{} ACCESS EXCLUSIVE on the table and the index until COMMIT, and a queue behind it while it waits for \
                 queries that are under way.",
                extent(&table)
            ))
            .remedy(
                "Outside a transaction",
                format!("DROP INDEX CONCURRENTLY {};", facts.qualified(&index.schema, &index.name)),
            )
            .at(name.at),
    );
}
