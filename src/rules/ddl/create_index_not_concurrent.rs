use crate::ast::{CreateIndex, Statement};
use crate::facts::{Facts, Kind, Relation};
use crate::finding::Level;
use crate::rules::wording::extent;
use crate::rules::{Report, cost, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/create-index-not-concurrent.md")]
    "create-index-not-concurrent", "WD001", Ddl, Error, since "0.1.0",
    "index built while writes wait",
    [Statement(CREATE_INDEX, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::CreateIndex(index) = statement else { return };
    if index.concurrently || already_there(index, facts) {
        return;
    }
    // CONCURRENTLY is not to be had for a partitioned table, so that another way is needed there.
    let Some(table) = facts.shared_and_large(&index.table).filter(|table| table.kind != Kind::Partitioned) else {
        return;
    };
    let name = name_of(index, &table, facts);
    // Nobody writes to a materialized view but REFRESH, which can wait.
    let (level, blocked, waits) = match table.kind {
        Kind::MaterializedView => (Level::Info, "REFRESH of", "REFRESH waits"),
        _ => (Level::Error, "writes to", "INSERT, UPDATE and DELETE wait"),
    };
    let finding = report
        .finding(
            facts.identity(&table),
            format!("building index \"{name}\" blocks {blocked} \"{}\" until it is done", table.name),
        )
        .level(level)
        .detail(format!("{} SHARE lock: reads go on; {waits}{}.", extent(&table), cost::index_build(&table)))
        .at(index.table.at);
    report.push(match concurrent_form(index, &name, &table, facts) {
        Some(sql) => finding.remedy("Outside a transaction", sql),
        None => finding.hint("Outside a transaction: the same statement as CREATE INDEX CONCURRENTLY."),
    });
}

fn already_there(index: &CreateIndex, facts: &dyn Facts) -> bool {
    index.if_not_exists
        && index
            .name
            .as_ref()
            .is_some_and(|name| facts.indexes(&index.table).iter().any(|existing| existing.name == *name))
}

fn name_of(index: &CreateIndex, table: &Relation, facts: &dyn Facts) -> String {
    index.name.clone().unwrap_or_else(|| {
        let columns = index.naming_columns();
        facts.object_name(&table.name, &columns, "idx")
    })
}

/// The statement with CONCURRENTLY, where its text is known.
fn concurrent_form(index: &CreateIndex, name: &str, table: &Relation, facts: &dyn Facts) -> Option<String> {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let definition = index.definition.text()?;
    Some(format!("CREATE {unique}INDEX CONCURRENTLY {} ON {} {definition};", facts.quote(name), facts.identity(table)))
}
