//! Tables, their columns and constraints, and indexes.
#![forbid(unsafe_code)]

use super::super::source::Excerpt;
use super::{Opaque, QualifiedName};

/// `CREATE TABLE`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateTable {
    /// The table.
    pub table: QualifiedName,
    /// `TEMP`.
    pub temporary: bool,
    /// `UNLOGGED`.
    pub unlogged: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// `CREATE FOREIGN TABLE`.
    pub foreign: bool,
    /// `PARTITION OF` or `INHERITS`.
    pub parents: Vec<QualifiedName>,
    /// `PARTITION OF`.
    pub is_partition: bool,
    /// `PARTITION BY`.
    pub partitioned: bool,
    /// The columns of `PARTITION BY`; `None` for an expression.
    pub partition_key: Vec<Option<String>>,
    /// Columns that are written out.
    pub columns: Vec<ColumnDef>,
    /// Constraints of the table.
    pub constraints: Vec<Constraint>,
    /// `LIKE`.
    pub likes: Vec<QualifiedName>,
    /// `FOR VALUES …` of a partition.
    pub bound: Opaque,
    /// `LIKE` or `OF`: there may be columns and keys that are not written out.
    pub copies_definition: bool,
}

impl CreateTable {
    /// Constraints that are written with its columns.
    pub fn inline_constraints(&self) -> impl Iterator<Item = &Constraint> {
        self.columns.iter().flat_map(|column| &column.constraints)
    }

    /// Those that are written out, with its columns and behind them.
    fn written_constraints(&self) -> impl Iterator<Item = &Constraint> {
        self.inline_constraints().chain(&self.constraints)
    }

    /// Whether a primary key is written out.
    #[must_use]
    pub fn has_primary_key(&self) -> bool {
        self.written_constraints().any(|constraint| matches!(constraint.kind, ConstraintKind::PrimaryKey(_)))
    }

    /// The foreign keys that are written out.
    pub fn foreign_keys(&self) -> impl Iterator<Item = &ForeignKey> {
        self.written_constraints().filter_map(|constraint| match &constraint.kind {
            ConstraintKind::ForeignKey(key) => Some(key),
            _ => None,
        })
    }
}

/// A column of `CREATE TABLE` or `ADD COLUMN`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ColumnDef {
    /// The column.
    pub name: String,
    /// Byte offset in the source text.
    pub at: Option<usize>,
    /// The type as it was written.
    pub type_name: Opaque,
    /// `serial` and its like: what it stands for.
    pub serial: Option<&'static str>,
    /// `DEFAULT`.
    pub default: Option<Opaque>,
    /// Constants of the default that the server reads by a type.
    pub literals: Vec<Literal>,
    /// `NOT NULL`, or part of a primary key.
    pub not_null: bool,
    /// `GENERATED … AS IDENTITY`.
    pub identity: bool,
    /// `GENERATED … AS (…)`.
    pub generated: bool,
    /// `STORED`.
    pub stored: bool,
    /// What a generated column is computed from.
    pub expression: Opaque,
    /// Options of the sequence behind an identity, where there are any.
    pub sequence_options: Option<Excerpt>,
    /// `COLLATE …`.
    pub collation: Option<Excerpt>,
    /// `COMPRESSION` or `STORAGE`.
    pub storage: bool,
    /// Constraints written with the column, but for those above.
    pub constraints: Vec<Constraint>,
}

/// A text in quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Literal {
    /// The text.
    pub text: String,
    /// The type it is cast to; `None` where that is the column's.
    pub type_name: Option<Opaque>,
}

/// A constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Its name, where it is given.
    pub name: Option<String>,
    /// Byte offset in the source text.
    pub at: Option<usize>,
    /// Rows that exist are not checked: `NOT VALID`, or `NOT ENFORCED`.
    pub not_valid: bool,
    /// `NO INHERIT`.
    pub no_inherit: bool,
    /// What it demands.
    pub kind: ConstraintKind,
}

/// What a constraint demands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConstraintKind {
    /// `CHECK (…)`.
    Check {
        /// The condition.
        condition: Opaque,
        /// The column, where the condition is `column IS NOT NULL` and nothing else.
        not_null: Option<String>,
    },
    /// `FOREIGN KEY … REFERENCES`.
    ForeignKey(ForeignKey),
    /// `UNIQUE`.
    Unique(Key),
    /// `PRIMARY KEY`.
    PrimaryKey(Key),
    /// `NOT NULL` as a constraint of the table (18).
    NotNull {
        /// The column.
        column: String,
    },
    /// `EXCLUDE`.
    Exclude,
}

/// Columns of a unique or primary key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Key {
    /// In order.
    pub columns: Vec<String>,
    /// `INCLUDE`.
    pub include: Vec<String>,
    /// `NULLS NOT DISTINCT`.
    pub nulls_not_distinct: bool,
    /// `USING INDEX`.
    pub using_index: Option<String>,
    /// `DEFERRABLE` as SQL, with a leading space, or empty.
    pub options: String,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForeignKey {
    /// Columns of this table.
    pub columns: Vec<String>,
    /// The table they point at.
    pub referenced: QualifiedName,
    /// Columns there; empty for its primary key.
    pub referenced_columns: Vec<String>,
    /// `MATCH`, `ON DELETE`, `ON UPDATE`, `DEFERRABLE` as SQL, with a leading space, or empty.
    pub options: String,
    /// `NOT ENFORCED`: never checked.
    pub not_enforced: bool,
}

impl CreateIndex {
    /// What the server makes a name of, where none is given.
    #[must_use]
    pub fn naming_columns(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.clone().unwrap_or_else(|| "expr".to_owned())).collect()
    }

    /// Whether an index of a partition is one that the server would take over instead of building another: as far as
    /// can be told without it, over plain columns of a btree.
    #[must_use]
    pub fn is_served_by(&self, existing: &crate::facts::Index) -> bool {
        existing.searchable
            && self.btree
            && !self.partial
            && self.unique == existing.unique
            && !existing.includes
            && self.columns.iter().all(Option::is_some)
            && self.columns == existing.columns
    }
}

/// `CREATE INDEX`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreateIndex {
    /// The table.
    pub table: QualifiedName,
    /// The index, where it is named.
    pub name: Option<String>,
    /// `UNIQUE`.
    pub unique: bool,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// `IF NOT EXISTS`.
    pub if_not_exists: bool,
    /// Key columns in order; `None` for an expression.
    pub columns: Vec<Option<String>>,
    /// Has a predicate.
    pub partial: bool,
    /// The predicate.
    pub predicate: Option<Opaque>,
    /// Has one that only leaves rows out in which a key column is NULL.
    pub leaves_out_only_nulls: bool,
    /// Is a btree.
    pub btree: bool,
    /// What follows the table in the statement (`(customer_id) WHERE …`).
    pub definition: Excerpt,
}
