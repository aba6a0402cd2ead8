use crate::ast::{QualifiedName, Statement};
use crate::facts::Facts;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/concurrent-index-with-timeout.md")]
    "concurrent-index-with-timeout", "WD082", Ddl, Warning, since "0.1.0",
    "a timeout may cut a concurrent build off and leave an invalid index",
    [Statement(check)]
}

/// Milliseconds below which `lock_timeout` is not generous: CONCURRENTLY waits for whole transactions of others.
const SHORT: i32 = 60_000;

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(name) = index_built_concurrently(statement) else { return };
    if facts.in_transaction_block() {
        return;
    }
    let Some(table) = facts.shared_and_large(name) else { return };
    let timeouts =
        [("statement_timeout", facts.statement_timeout(), i32::MAX), ("lock_timeout", facts.lock_timeout(), SHORT)];
    let short: Vec<String> = timeouts
        .into_iter()
        .filter(|(_, value, limit)| *value > 0 && value < limit)
        .map(|(setting, value, _)| format!("{setting} is {value} ms"))
        .collect();
    if short.is_empty() {
        return;
    }
    report.push(
        report
            .finding(
                facts.identity(&table),
                format!(
                    "a timeout may end the concurrent build on \"{}\" and leave an invalid index behind",
                    table.name
                ),
            )
            .detail(format!(
                "{}. The build reads the table twice and waits for every transaction that is open{}.",
                short.join(", "),
                cost::index_build(&table)
            ))
            .hint("For this command: SET statement_timeout = 0; SET lock_timeout = '5min'; nobody queues behind it.")
            .at(name.at),
    );
}

fn index_built_concurrently(statement: &Statement) -> Option<&QualifiedName> {
    match statement {
        Statement::CreateIndex(index) if index.concurrently => Some(&index.table),
        Statement::Reindex(reindex) if reindex.concurrently => Some(&reindex.name),
        _ => None,
    }
}
