use crate::ast::{DropKind, QualifiedName, Statement};
use crate::facts::{Facts, Relation};
use crate::finding::Level;
use crate::rules::wording::extent;
use crate::rules::{Report, declare_rule, evidence};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/drop-table.md")]
    "drop-table", "WD040", Ddl, Warning, since "0.1.0",
    "table dropped that holds rows or is read",
    [Statement(DROP, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let Statement::Drop(drop) = statement else { return };
    if drop.kind != DropKind::Table {
        return;
    }
    for name in drop.names.iter().filter(|name| !drop.if_exists || facts.exists(name)) {
        let Some(table) = facts.shared(name) else { continue };
        // Without CASCADE the server refuses, and says who is in the way.
        if drop.cascade || evidence::needed_by(name, None, &own_names(&drop.names, facts), facts).is_empty() {
            judge(name, &table, facts, report);
        }
    }
}

fn judge(name: &QualifiedName, table: &Relation, facts: &dyn Facts, report: &mut Report) {
    let usage = facts.usage(name);
    let identity = facts.identity(table);
    // To drop a partition is how old rows are meant to go.
    let (level, message) = if facts.parent(name).is_some() {
        (Level::Info, format!("dropping partition \"{}\"", table.name))
    } else if !table.is_empty() {
        (Level::Warning, format!("dropping \"{}\" loses its rows", table.name))
    } else if evidence::is_read(&usage) {
        (Level::Warning, format!("dropping \"{}\", which is read", table.name))
    } else {
        (Level::Info, format!("dropping \"{}\"", table.name))
    };
    let known = if facts.exists(name) { format!(" {}", evidence::reads(&usage)) } else { String::new() };
    let old = facts.quote(&facts.object_name(&table.name, &[], "dropped"));
    report.push(
        report
            .finding(identity.clone(), message)
            .level(level)
            .detail(format!("{}{known}", extent(table)))
            .hint(format!(
                "Rename it first, and drop it when nothing has failed for a while: ALTER TABLE {identity} RENAME TO {old};"
            ))
            .at(name.at),
    );
}

/// The names as the catalog has them.
pub(super) fn own_names(names: &[QualifiedName], facts: &dyn Facts) -> Vec<QualifiedName> {
    let found = names.iter().filter_map(|name| facts.relation(name).found());
    found.map(|relation| relation.qualified_name()).collect()
}
