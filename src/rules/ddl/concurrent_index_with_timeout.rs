use crate::ast::{QualifiedName, Statement};
use crate::facts::Facts;
use crate::rules::{Quantity, Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/concurrent-index-with-timeout.md")]
    "concurrent-index-with-timeout", "WD082", Ddl, Warning, since "0.1.0",
    "a timeout may cut a concurrent build off and leave an invalid index",
    [Statement(CREATE_INDEX.or(REINDEX), check)]
}

/// Seconds from which on `lock_timeout` is generous: CONCURRENTLY waits for whole transactions of others.
const LONG_WAIT: f64 = 60.0;
/// Seconds from which on `statement_timeout` is, unless the build itself may take a good part of it.
const ENOUGH: f64 = 600.0;
/// How much longer than estimated a build on a busy server may take.
const TIMES: f64 = 10.0;

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Some(name) = index_built_concurrently(statement) else { return };
    if facts.in_transaction_block() {
        return;
    }
    let Some(table) = facts.shared_and_large(name) else { return };
    let enough = cost::index_build_seconds(&table).map_or(ENOUGH, |seconds| ENOUGH.max(seconds * TIMES));
    let timeouts = [
        ("statement_timeout", f64::from(facts.statement_timeout()), enough),
        ("lock_timeout", f64::from(facts.lock_timeout()), LONG_WAIT),
    ];
    let short: Vec<String> = timeouts
        .into_iter()
        .filter(|(_, milliseconds, limit)| *milliseconds > 0.0 && milliseconds / 1_000.0 < *limit)
        .map(|(setting, milliseconds, _)| format!("{setting} is {}", Quantity::Seconds(milliseconds / 1_000.0)))
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
