//! The names that a statement gives, as rules about names see them.
#![forbid(unsafe_code)]

use super::{Report, keys};

use crate::ast::commands::{CREATE_TABLE_AS, RENAME};
use crate::ast::{Commands, CreateTable, QualifiedName, RenameKind, Statement};
use crate::facts::Facts;
use crate::finding::Finding;

/// The commands that give names.
pub(super) const GIVEN: Commands = keys::NEW_COLUMNS.or(CREATE_TABLE_AS).or(RENAME);

/// What a name is given to. Names of indexes and constraints stand in no query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// A table or a view.
    Relation,
    /// A column.
    Column,
}

/// A name that a statement gives.
pub(super) struct Name<'a> {
    /// The name.
    pub(super) text: &'a str,
    /// What it is given to.
    pub(super) of: Named,
    at: Option<usize>,
}

/// Names of one statement that have the same fault.
pub(super) struct Faulty<'a> {
    object: String,
    names: Vec<Name<'a>>,
}

/// The names of a statement that have a fault, if any has: one finding a statement. Silent for what is temporary.
pub(super) fn faulty<'a>(
    statement: &'a Statement,
    facts: &dyn Facts,
    has_fault: impl Fn(&Name<'_>) -> bool,
) -> Option<Faulty<'a>> {
    let mut names = given(statement, facts);
    names.retain(has_fault);
    // Most have none: the relation is looked at only then.
    names.first()?;
    let is_judged = |name: &QualifiedName| facts.relation(name).found().is_some_and(|relation| relation.is_judged());
    let object = match statement {
        Statement::CreateTable(CreateTable { table, .. }) | Statement::CreateTableAs { table, .. } => table,
        Statement::AlterTable { table, .. } if is_judged(table) => table,
        Statement::Rename(rename) if is_judged(&rename.relation) => &rename.relation,
        _ => return None,
    };
    let object = facts.qualified(object.schema.as_deref().unwrap_or(""), &object.name);
    Some(Faulty { object, names })
}

/// The names that a statement gives to what others will see.
fn given<'a>(statement: &'a Statement, facts: &dyn Facts) -> Vec<Name<'a>> {
    let relation = |name: &'a QualifiedName| Name { text: &name.name, of: Named::Relation, at: name.at };
    match statement {
        Statement::CreateTable(create) => {
            if create.temporary || (create.if_not_exists && facts.exists(&create.table)) {
                return Vec::new();
            }
            std::iter::once(relation(&create.table)).chain(columns(statement, facts)).collect()
        }
        Statement::CreateTableAs { table, temporary: false, if_not_exists, .. }
            if !(*if_not_exists && facts.exists(table)) =>
        {
            vec![relation(table)]
        }
        Statement::AlterTable { .. } => columns(statement, facts).collect(),
        Statement::Rename(rename) => {
            let of = match rename.kind {
                RenameKind::Table | RenameKind::View => Named::Relation,
                RenameKind::Column | RenameKind::ViewColumn => Named::Column,
                _ => return Vec::new(),
            };
            vec![Name { text: &rename.to, of, at: None }]
        }
        _ => Vec::new(),
    }
}

/// Columns that are written out.
fn columns<'a>(statement: &'a Statement, facts: &dyn Facts) -> impl Iterator<Item = Name<'a>> {
    keys::new_columns(statement, facts).map(|column| Name { text: &column.name, of: Named::Column, at: column.at })
}

impl Faulty<'_> {
    /// `names "Orders", "customerId" have capital letters`.
    pub(super) fn finding(&self, report: &Report, one: &str, many: &str) -> Finding {
        let names: Vec<_> = self.names.iter().map(|name| format!("\"{}\"", name.text)).collect();
        let (noun, what) = if names.len() == 1 { ("name", one) } else { ("names", many) };
        report
            .finding(self.object.clone(), format!("{noun} {} {what}", names.join(", ")))
            .at(self.names.first().and_then(|name| name.at))
    }

    /// `Instead: orders, customer_id`.
    pub(super) fn instead(&self, other: impl Fn(&str) -> String) -> String {
        let names: Vec<_> = self.names.iter().map(|name| other(name.text)).collect();
        format!("Instead: {}", names.join(", "))
    }

    /// The first of them.
    pub(super) fn first(&self) -> &str {
        self.names.first().map_or("", |name| name.text)
    }
}
