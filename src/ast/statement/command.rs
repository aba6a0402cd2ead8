//! Commands about relations, types and rows that are not tables' definitions.
#![forbid(unsafe_code)]

use super::{Constraint, QualifiedName};

/// What a `DROP` drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropKind {
    /// `DROP TABLE`.
    Table,
    /// `DROP INDEX`.
    Index,
    /// `DROP VIEW`.
    View,
    /// `DROP MATERIALIZED VIEW`.
    MaterializedView,
    /// `DROP FOREIGN TABLE`.
    ForeignTable,
    /// `DROP SEQUENCE`.
    Sequence,
    /// `DROP SCHEMA`.
    Schema,
    /// `DROP TYPE`, `DROP DOMAIN`.
    Type,
    /// `DROP TRIGGER`.
    Trigger,
    /// `DROP POLICY`.
    Policy,
    /// `DROP RULE`.
    Rule,
    /// `DROP DATABASE`.
    Database,
    /// Any other.
    Other,
}

/// `DROP`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drop {
    /// What it drops.
    pub kind: DropKind,
    /// Their names, or the table of a trigger, policy or rule; empty where they are not plain names.
    pub names: Vec<QualifiedName>,
    /// The trigger, policy or rule.
    pub member: Option<String>,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// `CASCADE`.
    pub cascade: bool,
    /// `IF EXISTS`.
    pub if_exists: bool,
}

/// What a `RENAME` renames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenameKind {
    /// A table, or another relation under that word.
    Table,
    /// A view, plain or materialized.
    View,
    /// An index.
    Index,
    /// A sequence.
    Sequence,
    /// A column of a table.
    Column,
    /// A column of a view.
    ViewColumn,
    /// A constraint of a table.
    Constraint,
    /// A trigger of a table.
    Trigger,
    /// A rule or policy of a table.
    Member,
    /// An attribute of a composite type, `CASCADE`: in the tables of that type as well.
    Attribute,
    /// A schema.
    Schema,
    /// Any other.
    Other,
}

/// `ALTER … RENAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// What it renames.
    pub kind: RenameKind,
    /// The relation, or that of the column, constraint or trigger.
    pub relation: QualifiedName,
    /// The column, constraint, trigger or schema.
    pub member: Option<String>,
    /// The new name.
    pub to: String,
    /// `IF EXISTS`.
    pub if_exists: bool,
}

/// What a `REINDEX` builds anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReindexKind {
    /// One index.
    Index,
    /// The indexes of a table.
    Table,
    /// Those of a schema, a database or the system catalogs.
    Other,
}

/// `REINDEX`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reindex {
    /// What it builds anew.
    pub kind: ReindexKind,
    /// The index or table.
    pub name: QualifiedName,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
}

/// `ALTER TYPE` of an enum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterEnum {
    /// The type.
    pub name: QualifiedName,
    /// `RENAME VALUE`: the old one.
    pub renamed: Option<String>,
    /// The new value.
    pub value: String,
    /// `BEFORE` or `AFTER` another.
    pub placed: bool,
}

/// `ALTER DOMAIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterDomain {
    /// The domain.
    pub domain: QualifiedName,
    /// What is done.
    pub action: DomainAction,
}

/// One action of `ALTER DOMAIN`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DomainAction {
    /// `ADD CONSTRAINT`.
    AddConstraint(Constraint),
    /// `SET NOT NULL`.
    SetNotNull,
    /// `VALIDATE CONSTRAINT`.
    Validate {
        /// The constraint.
        name: String,
    },
    /// Any other.
    Other,
}

/// What a `GRANT` is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantTarget {
    /// Relations that are named.
    Relations,
    /// `ALL TABLES IN SCHEMA`.
    TablesOfSchemas,
    /// `SCHEMA`.
    Schemas,
    /// Any other.
    Other,
}

/// `GRANT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// `TO PUBLIC`.
    pub to_public: bool,
    /// `ALL PRIVILEGES`.
    pub all_privileges: bool,
    /// The privileges that are named, in lower case.
    pub privileges: Vec<String>,
    /// On what.
    pub target: GrantTarget,
    /// The schemas, for a target of schemas.
    pub schemas: Vec<String>,
    /// The relations, where they are named.
    pub relations: Vec<QualifiedName>,
}

/// What a statement does to rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteKind {
    /// `INSERT`.
    Insert,
    /// `UPDATE`.
    Update,
    /// `DELETE`.
    Delete,
    /// `MERGE`.
    Merge,
    /// `COPY … FROM`.
    Copy,
}

/// A statement that writes rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// What it does.
    pub kind: WriteKind,
    /// The table.
    pub table: QualifiedName,
    /// Which rows.
    pub rows: Written,
}

/// Which rows a statement writes, as far as its text tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// All of the table: neither a join nor a `WHERE` other than a constant true.
    All,
    /// Those with a NULL in a column, or those without, and nothing else limits them.
    ByNull {
        /// The column.
        column: String,
        /// `IS NULL`.
        null: bool,
    },
    /// One for each row of another relation.
    EachOf(QualifiedName),
    /// The text does not tell.
    Unknown,
}

/// `SELECT`, `VALUES`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Select {
    /// Relations it reads.
    pub reads: Vec<QualifiedName>,
    /// Functions it calls, by their last names, which the server has not looked up yet.
    pub calls: Vec<String>,
    /// Calls a function with arguments, or `count(*)`: that may be an aggregate.
    pub may_aggregate: bool,
    /// `FOR UPDATE` and its like.
    pub locks_rows: bool,
}
