use crate::ast::{CreateTable, Drop, DropKind, QualifiedName, Reindex, ReindexKind, Rename, RenameKind, Statement};
use crate::facts::Facts;
use crate::rules::{Report, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/unqualified-name.md")]
    "unqualified-name", "WD150", Ddl, Off, since "0.1.0",
    "relation named without its schema",
    [Statement(Commands::ALL, check)]
}

fn check(statement: &Statement, facts: &dyn Facts, report: &mut Report) {
    let (name, meant) = match made(statement) {
        Some(name) if name.schema.is_none() && !facts.exists(name) => {
            (name, facts.creation_schema().map(|schema| facts.qualified(&schema, &name.name)))
        }
        Some(_) => return,
        None => {
            let without_schema = |name: &&QualifiedName| name.schema.is_none() && facts.shared(name).is_some();
            let Some(name) = used(statement).into_iter().find(without_schema) else { return };
            (name, facts.shared(name).filter(|table| !table.schema.is_empty()).map(|table| facts.identity(&table)))
        }
    };
    let detail = match &meant {
        Some(meant) => format!("By the search_path in effect it is {meant}; by that of another role, another or none."),
        None => "Which one it is depends on the search_path.".to_owned(),
    };
    let object = meant.clone().unwrap_or_else(|| facts.quote(&name.name));
    let finding =
        report.finding(object, format!("\"{}\" is named without its schema", name.name)).detail(detail).at(name.at);
    report.push(match meant {
        Some(meant) => finding.hint(format!("Write {meant}.")),
        None => finding,
    });
}

/// What a statement makes for others to see.
fn made(statement: &Statement) -> Option<&QualifiedName> {
    match statement {
        Statement::CreateTable(CreateTable { table: name, temporary: false, .. })
        | Statement::CreateTableAs { table: name, temporary: false, .. }
        | Statement::CreateView { view: name, temporary: false, .. } => Some(name),
        _ => None,
    }
}

/// Relations that a statement alters or drops.
fn used(statement: &Statement) -> Vec<&QualifiedName> {
    match statement {
        Statement::CreateIndex(index) => vec![&index.table],
        Statement::AlterTable { table: name, .. }
        | Statement::SetSchema { relation: name }
        | Statement::Refresh { view: name, .. }
        | Statement::Cluster { table: name }
        | Statement::CreateTrigger { table: name, .. }
        | Statement::CreateRule { table: name, .. }
        | Statement::Policy { table: name, .. }
        | Statement::Reindex(Reindex { name, kind: ReindexKind::Index | ReindexKind::Table, .. }) => vec![name],
        Statement::Rename(Rename { relation, kind, .. }) if !matches!(kind, RenameKind::Schema | RenameKind::Other) => {
            vec![relation]
        }
        Statement::Truncate { tables, .. } => tables.iter().collect(),
        Statement::Drop(Drop { kind, names, .. }) if is_of_relation(*kind) => names.iter().collect(),
        _ => Vec::new(),
    }
}

fn is_of_relation(kind: DropKind) -> bool {
    !matches!(kind, DropKind::Schema | DropKind::Type | DropKind::Database | DropKind::Other)
}
