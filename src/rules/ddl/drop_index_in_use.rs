use crate::ast::{DropKind, QualifiedName, Statement};
use crate::facts::{Facts, Index};
use crate::finding::Level;
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/drop-index-in-use.md")]
    "drop-index-in-use", "WD065", Ddl, Warning, since "0.1.0",
    "index dropped that queries use",
    [Statement(DROP, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Drop(drop) = statement else { return };
    if drop.kind != DropKind::Index {
        return;
    }
    for name in &drop.names {
        // The server refuses to drop what belongs to a constraint.
        let Some(index) = facts.index(name).found().filter(|index| !index.of_constraint && facts.exists(name)) else {
            continue;
        };
        if facts.shared(name).is_some() && facts.shared(&index.table).is_some() && index.valid {
            judge(name, &index, facts, report);
        }
    }
}

fn judge(name: &QualifiedName, index: &Index, facts: &dyn Facts, report: &mut Report) {
    let usage = facts.usage(name);
    let is_read = evidence::is_read(&usage) && !is_replaced(index, facts);
    let mut uses = Vec::new();
    if index.replica_identity {
        uses.push(format!(
            "It is the replica identity of \"{}\": UPDATE and DELETE fail where it is published.",
            index.table.name
        ));
    }
    if index.clustered {
        uses.push(format!("CLUSTER \"{}\" goes by it.", index.table.name));
    }
    if is_read {
        uses.push(evidence::reads(&usage));
    }
    if uses.is_empty() {
        return;
    }
    let level = if index.replica_identity || is_read { Level::Warning } else { Level::Info };
    report.push(
        report
            .finding(
                facts.qualified(&index.schema, &index.name),
                format!("index \"{}\" of \"{}\" is in use", index.name, index.table.name),
            )
            .level(level)
            .detail(uses.join(" "))
            .hint(
                "Find the queries that use it (EXPLAIN), and build what serves them CONCURRENTLY before it is dropped.",
            )
            .at(name.at),
    );
}

/// Whether another index begins with the same columns, or the script builds one in the same transaction.
fn is_replaced(index: &Index, facts: &dyn Facts) -> bool {
    let begins_so =
        |columns: &[Option<String>]| columns.starts_with(&index.columns) && index.columns.iter().all(Option::is_some);
    let built_later = facts.later_in_transaction().unwrap_or_default().iter().any(|located| match &located.statement {
        Statement::CreateIndex(later) => evidence::is_same(&later.table, &index.table) && begins_so(&later.columns),
        _ => false,
    });
    let beside = |other: &Index| other.name != index.name && other.searchable && begins_so(&other.columns);
    built_later || facts.indexes(&index.table).iter().any(beside)
}
