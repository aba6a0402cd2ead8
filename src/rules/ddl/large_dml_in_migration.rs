use super::ddl_with_backfill::{deed, locked, many_rows};
use crate::ast::{Statement, Write, WriteKind, Written};
use crate::facts::{Facts, Relation};
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/large-dml-in-migration.md")]
    "large-dml-in-migration", "WD147", Ddl, Warning, since "0.1.0",
    "many rows written by one statement of a script that changes the schema",
    [Unseen(check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Write(write) = statement else { return };
    if !facts.script_changes_schema() {
        return;
    }
    let Some(rows) = many_rows(write, facts) else { return };
    // Nobody uses what is empty.
    let Some(table) = facts.shared(&write.table).filter(|table| !table.is_empty()) else { return };
    if is_told_by_another_rule(write, &table, facts) {
        return;
    }
    report.push(
        report
            .finding(facts.identity(&table), format!("{} by one statement of a schema change", deed(write, rows)))
            .detail(format!(
                "{} As long as it runs, its rows stay locked and vacuum removes nothing that died since it began; if it fails, \
                 all of it is undone.",
                extent(&table)
            ))
            .hint("In a script of its own, in batches by key, with a COMMIT after each.")
            .at(write.table.at),
    );
}

/// `ddl-with-backfill`, `update-without-where` and `delete-without-where` say the same of their cases, and more.
fn is_told_by_another_rule(write: &Write, table: &Relation, facts: &dyn Facts) -> bool {
    let without_where = matches!(write.kind, WriteKind::Update | WriteKind::Delete) && write.rows == Written::All;
    (without_where && table.is_large()) || locked(write, facts).is_some()
}
