//! One statement, as the rules see it: plain data that owns itself.
#![forbid(unsafe_code)]

use super::source::Excerpt;
use std::rc::Rc;

mod alter;
mod command;
mod table;

pub use alter::*;
pub use command::*;
pub use table::*;

/// A name as it was written, perhaps with its schema. Two are equal wherever they stand.
#[derive(Debug, Clone, Default)]
pub struct QualifiedName {
    /// The schema, where it was written.
    pub schema: Option<Rc<str>>,
    /// The name itself, without quotes.
    pub name: Rc<str>,
    /// `ONLY`: without its partitions and children.
    pub only: bool,
    /// Byte offset in the source text.
    pub at: Option<usize>,
}

impl QualifiedName {
    /// What two equal names have in common.
    fn key(&self) -> (&str, Option<&str>, bool) {
        (&self.name, self.schema.as_deref(), self.only)
    }

    /// A name with its schema, at no place of a text.
    #[must_use]
    pub fn new(schema: impl Into<Rc<str>>, name: impl Into<Rc<str>>) -> Self {
        Self { schema: Some(schema.into()), name: name.into(), only: false, at: None }
    }

    /// A name without a schema, at no place of a text.
    #[must_use]
    pub fn unqualified(name: impl Into<Rc<str>>) -> Self {
        Self { schema: None, name: name.into(), only: false, at: None }
    }
}

impl PartialEq for QualifiedName {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for QualifiedName {}

impl PartialOrd for QualifiedName {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for QualifiedName {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

impl std::hash::Hash for QualifiedName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.key().hash(state);
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

/// Lock modes of a table, from the weakest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    /// Readers.
    AccessShare,
    /// `SELECT ... FOR UPDATE` and its like.
    RowShare,
    /// Writers.
    RowExclusive,
    /// VACUUM, ANALYZE, CONCURRENTLY, VALIDATE CONSTRAINT.
    ShareUpdateExclusive,
    /// CREATE INDEX.
    Share,
    /// Triggers and foreign keys.
    ShareRowExclusive,
    /// REFRESH MATERIALIZED VIEW CONCURRENTLY.
    Exclusive,
    /// Most of ALTER TABLE, DROP, TRUNCATE.
    AccessExclusive,
}

impl Lock {
    /// All, from the weakest.
    pub const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// The lock of the server's number, which counts them from 1.
    #[must_use]
    pub fn of_mode(mode: i32) -> Option<Self> {
        Self::ALL.get(usize::try_from(mode).ok()?.checked_sub(1)?).copied()
    }

    /// As the manual writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AccessShare => "ACCESS SHARE",
            Self::RowShare => "ROW SHARE",
            Self::RowExclusive => "ROW EXCLUSIVE",
            Self::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            Self::Share => "SHARE",
            Self::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            Self::Exclusive => "EXCLUSIVE",
            Self::AccessExclusive => "ACCESS EXCLUSIVE",
        }
    }

    /// Whether one waits for the other.
    #[must_use]
    pub fn conflicts_with(self, other: Self) -> bool {
        use Lock::{AccessExclusive, AccessShare, Exclusive, RowExclusive, RowShare, Share, ShareRowExclusive};
        match self.min(other) {
            AccessShare => self.max(other) == AccessExclusive,
            RowShare => self.max(other) >= Exclusive,
            RowExclusive => self.max(other) >= Share,
            // SHARE goes with itself, and with what is weaker than ROW EXCLUSIVE.
            Share => self.max(other) > Share,
            Lock::ShareUpdateExclusive | ShareRowExclusive | Exclusive | AccessExclusive => true,
        }
    }

    /// What waits for it.
    #[must_use]
    pub fn blocks(self) -> &'static str {
        match self {
            Self::AccessShare => "nothing but ACCESS EXCLUSIVE",
            Self::RowShare => "nothing but other DDL",
            Self::RowExclusive => "DDL that blocks writes",
            Self::ShareUpdateExclusive => "other DDL and vacuum",
            Self::Share | Self::ShareRowExclusive => "writes",
            Self::Exclusive => "writes and row locks",
            Self::AccessExclusive => "reads and writes",
        }
    }
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
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
        /// `WITH NO DATA`.
        no_data: bool,
        /// Relations the query reads.
        reads: Vec<QualifiedName>,
    },
    /// `CREATE VIEW`.
    CreateView {
        /// The view.
        view: QualifiedName,
        /// `TEMP`.
        temporary: bool,
        /// `OR REPLACE`.
        replace: bool,
        /// Relations its query reads.
        reads: Vec<QualifiedName>,
    },
    /// `CREATE INDEX`.
    CreateIndex(CreateIndex),
    /// `ALTER TABLE`, also under the names of other kinds of relation.
    AlterTable {
        /// The relation.
        table: QualifiedName,
        /// In the order they were written.
        actions: Vec<AlterAction>,
        /// What the server takes on it.
        lock: Lock,
        /// `IF EXISTS`.
        if_exists: bool,
    },
    /// `ALTER … RENAME`.
    Rename(Rename),
    /// `ALTER … SET SCHEMA` of a relation.
    SetSchema {
        /// The relation.
        relation: QualifiedName,
    },
    /// `DROP`.
    Drop(Drop),
    /// `CREATE SCHEMA` with what stands inside it.
    CreateSchema {
        /// The schema, where it is named.
        name: Option<Rc<str>>,
        /// Its elements, each in that schema.
        elements: Vec<Statement>,
    },
    /// `CREATE SEQUENCE`.
    CreateSequence {
        /// The sequence.
        sequence: QualifiedName,
        /// `TEMP`.
        temporary: bool,
        /// `IF NOT EXISTS`.
        if_not_exists: bool,
    },
    /// `TRUNCATE`.
    Truncate {
        /// The tables.
        tables: Vec<QualifiedName>,
        /// `CASCADE`.
        cascade: bool,
    },
    /// `REFRESH MATERIALIZED VIEW`.
    Refresh {
        /// The view.
        view: QualifiedName,
        /// `CONCURRENTLY`.
        concurrently: bool,
        /// `WITH NO DATA`.
        no_data: bool,
    },
    /// `REINDEX`.
    Reindex(Reindex),
    /// `VACUUM`, `ANALYZE`.
    Vacuum {
        /// `FULL`.
        full: bool,
        /// `ANALYZE` alone.
        analyze_only: bool,
        /// The tables; none for all.
        tables: Vec<QualifiedName>,
    },
    /// `CLUSTER` of one table.
    Cluster {
        /// The table.
        table: QualifiedName,
    },
    /// `LOCK TABLE`.
    LockTable {
        /// The tables.
        tables: Vec<QualifiedName>,
        /// The lock.
        lock: Lock,
    },
    /// `CREATE TRIGGER`.
    CreateTrigger {
        /// The trigger.
        name: String,
        /// Its table.
        table: QualifiedName,
        /// `FOR EACH ROW`.
        row: bool,
        /// `CONSTRAINT TRIGGER … FROM`.
        from: Option<QualifiedName>,
    },
    /// `CREATE RULE`.
    CreateRule {
        /// The rule.
        name: String,
        /// Its relation.
        table: QualifiedName,
        /// `ON SELECT`, which makes a view.
        on_select: bool,
    },
    /// `CREATE POLICY`, `ALTER POLICY`.
    Policy {
        /// Its table.
        table: QualifiedName,
        /// Other relations that its conditions read.
        reads: Vec<QualifiedName>,
        /// A new one that lets somebody in.
        permissive: bool,
    },
    /// `CREATE STATISTICS`.
    CreateStatistics {
        /// The tables.
        tables: Vec<QualifiedName>,
    },
    /// `CREATE PUBLICATION`, `ALTER PUBLICATION`.
    Publication {
        /// The tables it names.
        tables: Vec<QualifiedName>,
    },
    /// `COMMENT ON` a relation or a part of it.
    Comment {
        /// The relation.
        relation: QualifiedName,
        /// A constraint, trigger, policy or rule of it is meant.
        on_member: bool,
    },
    /// `CREATE TYPE … AS ENUM`.
    CreateEnum {
        /// The type.
        name: QualifiedName,
    },
    /// `ALTER TYPE` of an enum.
    AlterEnum(AlterEnum),
    /// `CREATE DOMAIN`.
    CreateDomain {
        /// The domain.
        name: QualifiedName,
        /// With a CHECK or NOT NULL.
        constrained: bool,
    },
    /// `ALTER DOMAIN`.
    AlterDomain(AlterDomain),
    /// `GRANT`.
    Grant(Grant),
    /// `ALTER SYSTEM`.
    AlterSystem,
    /// `CREATE ROLE`, `ALTER ROLE`, under these names and those of users and groups.
    Role {
        /// The role, where it is named.
        name: Option<String>,
        /// What it is given of `SUPERUSER` and `BYPASSRLS`.
        powers: Vec<&'static str>,
    },
    /// `UPDATE`, `DELETE`, `INSERT`, `MERGE`.
    Write(Write),
    /// `DO`.
    Do,
    /// `CALL`.
    Call {
        /// The procedure.
        name: String,
    },
    /// `CREATE FUNCTION`, `CREATE PROCEDURE`.
    CreateFunction {
        /// Its name, without its schema.
        name: String,
    },
    /// `SELECT`, `VALUES`.
    Select(Select),
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

impl Statement {
    /// Whether it says IF EXISTS of what does not exist.
    #[must_use]
    pub fn finds_nothing(&self, exists: impl Fn(&QualifiedName) -> bool) -> bool {
        match self {
            Self::AlterTable { table, if_exists: true, .. } => !exists(table),
            Self::Rename(rename) if rename.if_exists => !exists(&rename.relation),
            Self::Drop(drop) if drop.if_exists => drop.names.iter().all(|name| !exists(name)),
            _ => false,
        }
    }

    /// Whether it makes, alters or drops what others see.
    #[must_use]
    pub fn changes_schema(&self) -> bool {
        match self {
            Self::CreateTable(create) => !create.temporary,
            Self::CreateTableAs { temporary, .. } | Self::CreateView { temporary, .. } => !temporary,
            _ => matches!(
                self,
                Self::CreateIndex(_)
                    | Self::AlterTable { .. }
                    | Self::Rename(_)
                    | Self::SetSchema { .. }
                    | Self::Drop(_)
                    | Self::CreateSchema { .. }
                    | Self::CreateTrigger { .. }
                    | Self::CreateEnum { .. }
                    | Self::AlterEnum(_)
                    | Self::CreateDomain { .. }
                    | Self::AlterDomain(_)
            ),
        }
    }

    /// Where the relation it is about stands in the source text.
    #[must_use]
    pub fn place(&self) -> Option<usize> {
        match self {
            Self::CreateTable(create) => create.table.at,
            Self::CreateIndex(index) => index.table.at,
            Self::CreateTableAs { table: name, .. }
            | Self::CreateView { view: name, .. }
            | Self::AlterTable { table: name, .. }
            | Self::SetSchema { relation: name }
            | Self::Refresh { view: name, .. }
            | Self::Cluster { table: name }
            | Self::CreateTrigger { table: name, .. }
            | Self::CreateRule { table: name, .. } => name.at,
            Self::Rename(rename) => rename.relation.at,
            Self::Reindex(reindex) => reindex.name.at,
            _ => None,
        }
    }

    /// What the server calls a statement that it refuses in a transaction block; `None` where it takes it there.
    #[must_use]
    pub fn refused_in_transaction(&self) -> Option<&'static str> {
        match self {
            Self::CreateIndex(index) if index.concurrently => Some("CREATE INDEX CONCURRENTLY"),
            Self::Drop(drop) if drop.concurrently => Some("DROP INDEX CONCURRENTLY"),
            Self::Drop(drop) if drop.kind == DropKind::Database => Some("DROP DATABASE"),
            Self::Reindex(reindex) if reindex.concurrently => Some("REINDEX CONCURRENTLY"),
            Self::Reindex(reindex) if reindex.kind == ReindexKind::Other => Some("REINDEX of more than one table"),
            Self::Vacuum { analyze_only: false, .. } => Some("VACUUM"),
            Self::AlterSystem => Some("ALTER SYSTEM"),
            Self::AlterTable { actions, .. } => actions
                .iter()
                .any(|action| matches!(action, AlterAction::Detach { concurrently: true, finalize: false, .. }))
                .then_some("ALTER TABLE ... DETACH PARTITION CONCURRENTLY"),
            _ => None,
        }
    }
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
    /// Row level security of a table that was there.
    RowSecurity {
        /// The table.
        table: QualifiedName,
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
    /// `COMMIT AND CHAIN`, `ROLLBACK AND CHAIN`: ends one and begins the next.
    Chain {
        /// `COMMIT`.
        commit: bool,
    },
    /// Savepoints.
    Savepoint,
}
