//! The foreign keys that a statement makes, as rules about their columns see them.
#![forbid(unsafe_code)]

use super::columns;

use crate::ast::commands::{ADD_COLUMN, ADD_CONSTRAINT, CREATE_TABLE};
use crate::ast::{AlterAction, ColumnDef, Commands, Constraint, ConstraintKind, ForeignKey, QualifiedName, Statement};
use crate::facts::{ColumnType, Facts, Lookup};

/// A foreign key that a statement makes.
pub(super) struct NewForeignKey<'a> {
    /// Its table.
    pub(super) table: &'a QualifiedName,
    /// What it demands.
    pub(super) key: &'a ForeignKey,
    /// Its name, where it is given.
    name: Option<&'a str>,
    /// Where it stands in the text.
    pub(super) at: Option<usize>,
}

/// A column of a foreign key and the column it refers to.
pub(super) struct Pair {
    /// The column.
    pub(super) column: String,
    /// Its type.
    pub(super) type_: ColumnType,
    /// The column it refers to.
    pub(super) referenced: String,
    /// The type of that.
    pub(super) referenced_type: ColumnType,
}

/// The commands that make columns.
pub(super) const NEW_COLUMNS: Commands = CREATE_TABLE.or(ADD_COLUMN);

/// The commands that make constraints.
pub(super) const CONSTRAINTS: Commands = NEW_COLUMNS.or(ADD_CONSTRAINT);

/// The table that a statement makes or alters, unless nobody else shares it.
pub(super) fn table_of<'a>(statement: &'a Statement, facts: &dyn Facts) -> Option<&'a QualifiedName> {
    match statement {
        Statement::CreateTable(create) => columns::is_judged(create, facts).then_some(&create.table),
        Statement::AlterTable { table, .. } => {
            let relation = facts.relation(table).found()?;
            (relation.is_judged()).then_some(table)
        }
        _ => None,
    }
}

/// The table that a statement makes or alters, with its schema where that is known, for findings.
pub(super) fn identity(statement: &Statement, table: &QualifiedName, facts: &dyn Facts) -> String {
    match (statement, facts.relation(table)) {
        (Statement::AlterTable { .. }, Lookup::Found(relation)) => facts.qualified(&relation.schema, &table.name),
        _ => facts.qualified(table.schema.as_deref().unwrap_or_default(), &table.name),
    }
}

/// The foreign keys that a statement makes.
pub(super) fn foreign_keys<'a>(statement: &'a Statement, facts: &dyn Facts) -> Vec<NewForeignKey<'a>> {
    let mut keys = constraints(statement, facts)
        .filter_map(|constraint| match &constraint.kind {
            ConstraintKind::ForeignKey(key) => Some((key, constraint)),
            _ => None,
        })
        .peekable();
    // Most statements make none: the table is looked at only then.
    if keys.peek().is_none() {
        return Vec::new();
    }
    let Some(table) = table_of(statement, facts) else { return Vec::new() };
    let keys = keys.map(|(key, constraint)| {
        let name = constraint.name.as_deref();
        NewForeignKey { table, key, name, at: constraint.at }
    });
    keys.collect()
}

/// The constraints that a statement makes, of the table and with its columns.
pub(super) fn constraints<'a>(statement: &'a Statement, facts: &dyn Facts) -> impl Iterator<Item = &'a Constraint> {
    let of_columns = new_columns(statement, facts).flat_map(|column| &column.constraints);
    let (of_table, actions): (&[Constraint], &[AlterAction]) = match statement {
        Statement::CreateTable(create) => (&create.constraints, &[]),
        Statement::AlterTable { actions, .. } => (&[], actions),
        _ => (&[], &[]),
    };
    let added = actions.iter().filter_map(|action| match action {
        AlterAction::AddConstraint(constraint) => Some(constraint),
        _ => None,
    });
    of_columns.chain(of_table).chain(added)
}

/// The columns that a statement makes.
pub(super) fn new_columns<'a>(statement: &'a Statement, facts: &dyn Facts) -> impl Iterator<Item = &'a ColumnDef> {
    let (created, actions): (&[ColumnDef], &[AlterAction]) = match statement {
        Statement::CreateTable(create) => (&create.columns, &[]),
        Statement::AlterTable { actions, .. } => (&[], actions),
        _ => (&[], &[]),
    };
    let added = actions.iter().filter_map(move |action| match (action, statement) {
        (AlterAction::AddColumn { column, if_not_exists }, Statement::AlterTable { table, .. }) => {
            let is_there = *if_not_exists && facts.column(table, &column.name).found().is_some();
            (!is_there).then_some(&**column)
        }
        _ => None,
    });
    created.iter().chain(added)
}

/// The type of a column of the statement's own table.
pub(super) fn own_type(statement: &Statement, column: &str, facts: &dyn Facts) -> Option<ColumnType> {
    match (new_columns(statement, facts).find(|new| new.name == column), statement) {
        (Some(new), _) => facts.type_of_new(new),
        (None, Statement::AlterTable { table, .. }) => facts.column_type(table, column).found(),
        _ => None,
    }
}

impl NewForeignKey<'_> {
    /// Its name, as it is given or as the server will choose it.
    pub(super) fn name(&self, facts: &dyn Facts) -> String {
        let chosen = || facts.object_name(&self.table.name, &self.key.columns, "fkey");
        self.name.map_or_else(chosen, str::to_owned)
    }

    /// `"orders_customer_id_fkey"`, or `on "orders" (customer_id)` where the server will choose a name that is free.
    pub(super) fn label(&self, facts: &dyn Facts) -> String {
        let place = || format!("on \"{}\" ({})", self.table.name, facts.quote_list(&self.key.columns));
        self.name.map_or_else(place, |name| format!("\"{name}\""))
    }

    /// Its columns and those it refers to, where both types are known.
    pub(super) fn pairs(&self, statement: &Statement, facts: &dyn Facts) -> Vec<Pair> {
        let of_itself = matches!(statement, Statement::CreateTable(_))
            && (&self.key.referenced.schema, &self.key.referenced.name) == (&self.table.schema, &self.table.name);
        let referenced_columns = match self.key.referenced_columns.as_slice() {
            [] if of_itself => own_primary_key(statement, facts),
            [] => facts.primary_key(&self.key.referenced),
            named => named.to_vec(),
        };
        let pairs = self.key.columns.iter().zip(referenced_columns).filter_map(|(column, referenced)| {
            let referenced_type = if of_itself {
                own_type(statement, &referenced, facts)
            } else {
                facts.column_type(&self.key.referenced, &referenced).found()
            };
            Some(Pair {
                column: column.clone(),
                type_: own_type(statement, column, facts)?,
                referenced,
                referenced_type: referenced_type?,
            })
        });
        pairs.collect()
    }

    /// `customer_id bigint`: its columns with the types they refer to.
    pub(super) fn instead(pairs: &[Pair], facts: &dyn Facts) -> String {
        let columns: Vec<_> =
            pairs.iter().map(|pair| format!("{} {}", facts.quote(&pair.column), pair.referenced_type.name)).collect();
        format!("Instead: {}", columns.join(", "))
    }

    /// `"orders"."customer_id" is integer, but "customers"."id" is bigint`.
    pub(super) fn difference(&self, pair: &Pair) -> String {
        format!(
            "\"{}\".\"{}\" is {}, but refers to \"{}\".\"{}\", which is {}",
            self.table.name,
            pair.column,
            pair.type_.name,
            self.key.referenced.name,
            pair.referenced,
            pair.referenced_type.name
        )
    }
}

/// Columns of the primary key that a statement makes.
fn own_primary_key(statement: &Statement, facts: &dyn Facts) -> Vec<String> {
    let key = constraints(statement, facts).find_map(|constraint| match &constraint.kind {
        ConstraintKind::PrimaryKey(key) => Some(key.columns.clone()),
        _ => None,
    });
    key.unwrap_or_default()
}
