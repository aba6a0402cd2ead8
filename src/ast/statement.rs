//! One statement, as the rules see it: plain data that owns itself.
#![forbid(unsafe_code)]

use super::source::Excerpt;

/// A name as it was written, perhaps with its schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct QualifiedName {
    /// The schema, where it was written.
    pub schema: Option<String>,
    /// The name itself, without quotes.
    pub name: String,
    /// `ONLY`: without its partitions and children.
    pub only: bool,
    /// Byte offset in the source text.
    pub at: Option<usize>,
}

impl QualifiedName {
    /// A name with its schema, at no place of a text.
    #[must_use]
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> Self {
        Self { schema: Some(schema.into()), name: name.into(), only: false, at: None }
    }
}

/// A node that only the server can judge (an expression, a type), and where it stands in the source text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Opaque {
    /// How it was written.
    pub(crate) excerpt: Excerpt,
    /// For `facts` alone: address of the node, 0 for none. Valid while its statement is judged.
    pub(crate) node: usize,
}

impl Opaque {
    /// The text as it was written, where the source is known.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.excerpt.text()
    }
}

/// A statement and where it stands in its script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The statement.
    pub statement: Statement,
    /// Byte offset of its first character that is neither space nor comment.
    pub start: usize,
    /// Bytes up to, and without, its semicolon.
    pub len: usize,
}

/// What rules read. What they do not read is [`Statement::Other`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Statement {
    /// `CREATE TABLE`, in all its forms but `AS`.
    CreateTable(CreateTable),
    /// `CREATE TABLE … AS`, `SELECT INTO`, `CREATE MATERIALIZED VIEW`.
    CreateTableAs {
        /// The table that is made.
        table: QualifiedName,
        /// `TEMP`.
        temporary: bool,
        /// `CREATE MATERIALIZED VIEW`.
        materialized: bool,
    },
    /// `CREATE INDEX`.
    CreateIndex(CreateIndex),
    /// `ALTER TABLE`, also under the names of other kinds of relation.
    AlterTable {
        /// The relation.
        table: QualifiedName,
        /// In the order they were written.
        actions: Vec<AlterAction>,
        /// The server takes SHARE or more for it.
        blocks_writes: bool,
    },
    /// `ALTER TABLE … RENAME TO`.
    RenameTable {
        /// The table.
        table: QualifiedName,
        /// Its new name.
        to: String,
    },
    /// `DROP`.
    Drop(Drop),
    /// `CREATE SCHEMA` with what stands inside it.
    CreateSchema {
        /// The schema, where it is named.
        name: Option<String>,
        /// Its elements, each in that schema.
        elements: Vec<Statement>,
    },
    /// `SET` of one parameter, and `RESET` as a value of `None`.
    Set {
        /// The parameter, in lower case.
        name: String,
        /// The value as text, `None` for the default.
        value: Option<String>,
        /// `SET LOCAL`.
        local: bool,
    },
    /// Begins, ends or divides a transaction.
    Transaction(Transaction),
    /// Parsed, and no rule looks at it.
    Other,
}

/// What a statement has made that is judged before commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// A table, neither temporary nor foreign.
    Table {
        /// The table.
        table: QualifiedName,
        /// `PARTITION OF`.
        is_partition: bool,
    },
    /// A foreign key of a table that was there.
    ForeignKey {
        /// The table.
        table: QualifiedName,
        /// Its columns.
        columns: Vec<String>,
    },
}

/// What a transaction statement does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transaction {
    /// `BEGIN`, `START TRANSACTION`.
    Begin,
    /// `COMMIT`, `PREPARE TRANSACTION`.
    Commit,
    /// `ROLLBACK`.
    Rollback,
    /// Savepoints.
    Savepoint,
}

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
    /// Columns that are written out.
    pub columns: Vec<ColumnDef>,
    /// Constraints of the table.
    pub constraints: Vec<Constraint>,
    /// `LIKE` or `OF`: there may be columns and keys that are not written out.
    pub copies_definition: bool,
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
    /// `NOT NULL`, or part of a primary key.
    pub not_null: bool,
    /// `GENERATED … AS IDENTITY`.
    pub identity: bool,
    /// `GENERATED … AS (…)`.
    pub generated: bool,
    /// Constraints written with the column, but for those above.
    pub constraints: Vec<Constraint>,
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
    /// Has one that only leaves rows out in which a key column is NULL.
    pub leaves_out_only_nulls: bool,
    /// Is a btree.
    pub btree: bool,
    /// What follows the table in the statement (`(customer_id) WHERE …`).
    pub definition: Excerpt,
}

/// One action of `ALTER TABLE`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AlterAction {
    /// `ADD COLUMN`.
    AddColumn {
        /// The column.
        column: Box<ColumnDef>,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
    },
    /// `DROP COLUMN`.
    DropColumn {
        /// The column.
        column: String,
    },
    /// `ALTER COLUMN … TYPE`.
    AlterType(AlterType),
    /// `ALTER COLUMN … SET NOT NULL`.
    SetNotNull {
        /// The column.
        column: String,
    },
    /// `ADD CONSTRAINT`.
    AddConstraint(Constraint),
    /// `DROP CONSTRAINT`.
    DropConstraint {
        /// The constraint.
        name: String,
    },
    /// `VALIDATE CONSTRAINT`.
    ValidateConstraint {
        /// The constraint.
        name: String,
    },
    /// Any other.
    Other,
}

/// `ALTER COLUMN … TYPE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlterType {
    /// The column.
    pub column: String,
    /// The new type.
    pub type_name: Opaque,
    /// `USING`.
    pub using: Option<Opaque>,
    /// `COLLATE`.
    pub collate: bool,
}

/// What a `DROP` drops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropKind {
    /// `DROP TABLE`.
    Table,
    /// `DROP INDEX`.
    Index,
    /// Any other.
    Other,
}

/// `DROP`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drop {
    /// What it drops.
    pub kind: DropKind,
    /// Their names; empty where they are not plain names.
    pub names: Vec<QualifiedName>,
    /// `CONCURRENTLY`.
    pub concurrently: bool,
    /// `CASCADE`.
    pub cascade: bool,
}
