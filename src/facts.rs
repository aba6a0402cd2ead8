//! What rules may ask about the database: live in the backend, overlaid by a script in lint, fixed in unit tests.

use crate::ast::{
    AlterAction, AlterType, ColumnDef, CreateIndex, ForeignKey, Located, Lock, Opaque, QualifiedName, Statement,
};
use crate::effects::Effects;
use core::cell::LazyCell;
use std::rc::Rc;

pub(crate) mod live;
pub(crate) mod script;

/// An answer of the server.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup<T> {
    /// It is there.
    Found(T),
    /// There is no such thing; the statement will say so itself.
    Missing,
    /// It could not be looked at, and why.
    NotChecked(String),
}

impl<T> Lookup<T> {
    /// The answer, if there is one.
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found(value) => Some(value),
            Self::Missing | Self::NotChecked(_) => None,
        }
    }
}

/// What kind of relation it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An ordinary table.
    Table,
    /// A partitioned table.
    Partitioned,
    /// A materialized view.
    MaterializedView,
    /// A foreign table.
    ForeignTable,
    /// A view.
    View,
    /// A sequence.
    Sequence,
    /// An index, also of a partitioned table.
    Index,
    /// A composite type.
    CompositeType,
    /// Anything else.
    Other,
}

/// Whether anybody but this transaction can be hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Older than this transaction, and others may use it.
    Shared,
    /// Made in this transaction, or in this session and held by nobody else.
    New,
    /// Temporary, the server's own, an extension's, or in a schema of ours: never judged.
    Unjudged,
}

/// A relation; cheap to clone, for every rule asks for it.
#[derive(Debug, Clone)]
pub struct Relation {
    /// Its schema; empty where it is not known.
    pub schema: Rc<str>,
    /// Its name.
    pub name: Rc<str>,
    /// What it is.
    pub kind: Kind,
    /// Who can be hurt: see [`Relation::standing`].
    pub standing: Deferred<Standing>,
    /// `UNLOGGED`.
    pub unlogged: bool,
    /// Has columns at all.
    pub has_columns: bool,
    /// How much there is of it: see [`Relation::rows`] and [`Relation::bytes`].
    pub extent: Deferred<Extent>,
    /// See [`Relation::is_large`]: most are so small that they need not be measured for it.
    pub large: Deferred<bool>,
}

impl Relation {
    /// Its schema and name.
    #[must_use]
    pub fn qualified_name(&self) -> QualifiedName {
        QualifiedName::new(Rc::clone(&self.schema), Rc::clone(&self.name))
    }

    /// Who can be hurt.
    #[must_use]
    pub fn standing(&self) -> Standing {
        self.standing.get()
    }

    /// Whether rules look at it at all.
    #[must_use]
    pub fn is_judged(&self) -> bool {
        self.standing() != Standing::Unjudged
    }

    /// Whether others may share it, as far as that is known without a look at more catalogs: what is new in this
    /// transaction, temporary or the server's own they do not.
    #[must_use]
    pub fn may_be_shared(&self) -> bool {
        !matches!(self.standing, Deferred::Known(Standing::New | Standing::Unjudged))
    }

    /// Whether others share it, so that they can be hurt.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.standing() == Standing::Shared
    }

    /// Rows in it and its partitions, as the server estimates them; `None` where nothing is known.
    #[must_use]
    pub fn rows(&self) -> Option<f64> {
        self.extent.get().rows
    }

    /// Bytes of it and its partitions.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        self.extent.get().bytes
    }

    /// Whether it reaches the size from which locks are judged.
    #[must_use]
    pub fn is_large(&self) -> bool {
        self.large.get()
    }

    /// Whether it surely holds no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes() == Some(0)
    }
}

/// How much there is of a relation and its partitions.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Extent {
    /// Rows, as the server estimates them; `None` where nothing is known.
    pub rows: Option<f64>,
    /// Bytes.
    pub bytes: Option<u64>,
}

/// An answer that takes long, given when somebody asks: about most statements nobody does.
#[derive(Clone)]
pub enum Deferred<T> {
    /// It is known.
    Known(T),
    /// It is found out once.
    Later(Rc<LazyCell<T, Box<dyn FnOnce() -> T>>>),
}

impl<T: Copy> Deferred<T> {
    /// One that is found out when it is asked for.
    pub fn later(find_out: impl FnOnce() -> T + 'static) -> Self {
        Self::Later(Rc::new(LazyCell::new(Box::new(find_out))))
    }

    /// The answer.
    #[must_use]
    pub fn get(&self) -> T {
        match self {
            Self::Known(answer) => *answer,
            Self::Later(answer) => ***answer,
        }
    }
}

impl<T: Copy + std::fmt::Debug> std::fmt::Debug for Deferred<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.get().fmt(f)
    }
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its table.
    pub table: QualifiedName,
    /// Key columns in order; `None` for an expression.
    pub columns: Vec<Option<String>>,
    /// Backs the primary key.
    pub primary: bool,
    /// Unique, at once, over every row, and over columns that are NOT NULL: it tells rows apart.
    pub identifies: bool,
    /// A whole and valid btree, so that the server can find rows by its leading columns.
    pub searchable: bool,
    /// `UNIQUE`.
    pub unique: bool,
    /// Has `INCLUDE`d columns.
    pub includes: bool,
    /// Belongs to a constraint.
    pub of_constraint: bool,
    /// Complete: queries may use it.
    pub valid: bool,
    /// Unique, at once, a btree over every row and over plain columns: REFRESH … CONCURRENTLY can match rows by it.
    pub matches_rows: bool,
    /// The `REPLICA IDENTITY` of its table.
    pub replica_identity: bool,
    /// The table was clustered by it.
    pub clustered: bool,
    /// Of a partitioned table.
    pub partitioned: bool,
}

impl Index {
    /// Whether rows are found by these columns, whatever their order.
    #[must_use]
    pub fn serves(&self, columns: &[String]) -> bool {
        let key: Vec<_> = self.columns.iter().map_while(Option::as_ref).collect();
        self.searchable && is_led_by(&key, &columns.iter().collect::<Vec<_>>())
    }
}

/// Whether the key of an index begins with these columns, in any order: so it finds rows by them.
#[must_use]
pub fn is_led_by<T: PartialEq>(key: &[T], columns: &[T]) -> bool {
    columns.iter().all(|column| key.iter().take(columns.len()).any(|of_key| of_key == column))
}

/// A foreign key that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForeignKeyOf {
    /// Its name.
    pub name: String,
    /// Columns of the table.
    pub columns: Vec<String>,
    /// The table it points at.
    pub referenced: QualifiedName,
    /// `NOT ENFORCED`: never checked.
    pub not_enforced: bool,
}

/// A foreign key that points at a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Its name.
    pub constraint: String,
    /// The table it belongs to.
    pub table: QualifiedName,
    /// Columns there.
    pub columns: Vec<String>,
    /// Columns here.
    pub referenced: Vec<String>,
    /// Rows were checked.
    pub validated: bool,
}

/// What a constraint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintType {
    /// `CHECK`.
    Check,
    /// `FOREIGN KEY`.
    ForeignKey,
    /// `PRIMARY KEY`.
    PrimaryKey,
    /// `UNIQUE`.
    Unique,
    /// `EXCLUDE`.
    Exclusion,
    /// `NOT NULL`.
    NotNull,
    /// A constraint trigger.
    Other,
}

/// A constraint that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConstraintOf {
    /// What it is.
    pub kind: ConstraintType,
    /// Rows were checked.
    pub validated: bool,
    /// Its columns.
    pub columns: Vec<String>,
    /// The table a foreign key points at.
    pub referenced: Option<QualifiedName>,
    /// The index that backs it.
    pub index: Option<String>,
    /// Added by this transaction.
    pub made_in_this_transaction: bool,
}

/// Something for which the server refuses to change the type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obstacle {
    /// As the server words it.
    pub description: String,
    /// The view, or the table that it belongs to; `None` for a publication or a function.
    pub of: Option<QualifiedName>,
    /// The column, where it is a generated one.
    pub generated: Option<String>,
    /// SQL that removes it.
    pub removal: String,
}

/// An object that needs another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    /// As the server words it.
    pub description: String,
    /// Its relation, or the relation it belongs to.
    pub relation: Option<QualifiedName>,
    /// Goes without `CASCADE`.
    pub silent: bool,
    /// The catalog it stands in.
    pub catalog: String,
    /// Its name, where it is a constraint.
    pub constraint: Option<String>,
    /// It is an index.
    pub is_index: bool,
}

/// How much a relation is used, by the server's statistics.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// Scans since statistics began, of a table and its indexes or of one index, but for those that built an index.
    pub reads: i64,
    /// Seconds since the last of them, where the server tells (16).
    pub last_read: Option<f64>,
    /// Seconds since statistics began, where that is known.
    pub since: Option<f64>,
}

/// A column of some type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UseOfType {
    /// The table.
    pub table: QualifiedName,
    /// The column.
    pub column: String,
}

/// A CHECK that a script has added to a table and validated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddedCheck {
    /// The table.
    pub table: QualifiedName,
    /// The condition.
    pub condition: Opaque,
}

/// Somebody with a lock on a relation, or waiting for one.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// The session; `None` for a prepared transaction.
    pub pid: Option<i32>,
    /// The lock.
    pub lock: Lock,
    /// It has it.
    pub granted: bool,
    /// Application and user, or the name of a prepared transaction; empty where it may not be seen.
    pub name: String,
    /// What the session does: `active`, `idle in transaction`, …
    pub state: String,
    /// Seconds since its transaction began.
    pub transaction_age: Option<f64>,
    /// Seconds since its query began.
    pub query_age: Option<f64>,
    /// An autovacuum worker that ends as soon as somebody waits for it.
    pub gives_way: bool,
}

/// What may have to follow a naming convention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Named {
    /// Tables, but for partitions.
    Table,
    /// Columns.
    Column,
    /// Indexes.
    Index,
    /// Foreign keys.
    ForeignKey,
    /// CHECK constraints.
    Check,
    /// Sequences.
    Sequence,
    /// Partitions.
    Partition,
}

impl Named {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Table, Self::Column, Self::Index, Self::ForeignKey, Self::Check, Self::Sequence, Self::Partition];

    /// The word of the setting.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Column => "column",
            Self::Index => "index",
            Self::ForeignKey => "foreign_key",
            Self::Check => "check",
            Self::Sequence => "sequence",
            Self::Partition => "partition",
        }
    }
}

/// A publication that sends the rows of a table, or of members of its tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its name.
    pub name: String,
    /// The columns that it sends, where it does not send all.
    pub columns: Option<Vec<String>>,
    /// It sends updates or deletes, for which rows must be told apart.
    pub sends_changes: bool,
    /// The primary key tells them apart.
    pub by_primary_key: bool,
    /// It sends stored generated columns (18).
    pub sends_generated: bool,
    /// The database has a slot of the kind that subscriptions read.
    pub is_followed: bool,
}

impl Publication {
    /// Whether it sends a column, or would send a new one of that name.
    #[must_use]
    pub fn sends(&self, column: &str) -> bool {
        self.columns.as_ref().is_none_or(|columns| columns.iter().any(|sent| sent == column))
    }
}

/// What attaching a partition does besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attachment {
    /// Rows of the partition are checked against its bound.
    pub scans_partition: bool,
    /// Rows of the default partition are checked against the bound.
    pub scans_default: bool,
    /// Indexes of the parent for which the partition has none yet.
    pub missing_indexes: Vec<String>,
    /// What the bound demands of a row of the partition, as SQL in brackets.
    pub condition: Option<String>,
    /// What it demands of a row of the default partition.
    pub default_condition: Option<String>,
}

/// A column that exists.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// `NOT NULL` already.
    pub not_null: bool,
    /// Has a default, or is generated.
    pub has_default: bool,
    /// Part of the rows that are NULL, where statistics say so and the caller may read them.
    pub null_fraction: Option<f32>,
}

/// What a type is, below domains and arrays of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TypeKind {
    /// `smallint`.
    SmallInt,
    /// `integer`.
    Integer,
    /// `bigint`.
    BigInt,
    /// `real`, `double precision`.
    Float,
    /// `numeric`, with or without a precision.
    Numeric,
    /// `money`.
    Money,
    /// `character`, with or without a length.
    Char,
    /// `character varying`.
    Varchar,
    /// `date`.
    Date,
    /// `time`.
    Time,
    /// `time with time zone`.
    TimeTz,
    /// `timestamp without time zone`.
    Timestamp,
    /// `timestamp with time zone`.
    TimestampTz,
    /// `json`.
    Json,
    /// `xml`.
    Xml,
    /// An enum.
    Enum,
    /// `hstore`, of the extension of that name.
    Hstore,
    /// `lo`, of the extension of that name.
    LargeObject,
    /// A type of OIDs that `pg_upgrade` refuses to carry over.
    NotUpgradable,
    /// Any other.
    Other,
}

/// The type of a column; cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnType {
    /// As the server writes it.
    pub name: Rc<str>,
    /// What it is, or what it is an array of.
    pub kind: TypeKind,
    /// It is an array.
    pub array: bool,
    /// Length or precision as it was written, where there is one.
    pub modifier: Option<i32>,
    /// For `facts` alone: its OID.
    pub(crate) oid: u32,
    /// For `facts` alone: OID of the type below domains.
    pub(crate) base: u32,
}

impl ColumnType {
    /// The integer behind `serial` and its like, which are no types.
    #[must_use]
    pub(crate) fn of_serial(integer: &str) -> Self {
        let (kind, base) = match integer {
            "smallint" => (TypeKind::SmallInt, 21),
            "bigint" => (TypeKind::BigInt, 20),
            _ => (TypeKind::Integer, 23),
        };
        Self { name: integer.into(), kind, array: false, modifier: None, oid: base, base }
    }

    /// How wide an integer is; `None` for what is none.
    #[must_use]
    pub fn integer_bytes(&self) -> Option<u8> {
        match self.kind {
            _ if self.array => None,
            TypeKind::SmallInt => Some(2),
            TypeKind::Integer => Some(4),
            TypeKind::BigInt => Some(8),
            _ => None,
        }
    }

    /// Whether it is another type, or a domain over it; a type without a length or precision stands for all of them.
    #[must_use]
    pub fn is_one_of(&self, other: &Self) -> bool {
        [self.oid, self.base].contains(&other.oid) && (other.modifier.is_none() || other.modifier == self.modifier)
    }

    /// Whether it is of a kind, and no array.
    #[must_use]
    pub fn is(&self, kind: TypeKind) -> bool {
        self.kind == kind && !self.array
    }
}

/// What the server makes of a default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Volatility {
    /// Evaluated once, and kept beside the table.
    Constant,
    /// Evaluated for each row.
    Volatile,
    /// Calls a function declared volatile, which only planning (not done here) could show to be constant.
    PerhapsVolatile,
}

/// What `ALTER COLUMN … TYPE` does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeChange {
    /// Every row is written again.
    pub rewrites: bool,
    /// The type now; `None` where it is not known.
    pub from: Option<String>,
    /// The type after.
    pub to: String,
    /// Indexes that are built anew although the table is not.
    pub rebuilds: Vec<QualifiedName>,
    /// What values lose without a word, where no USING says how they are converted.
    pub loses: Option<Loss>,
}

/// What a value may lose when it changes its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// Digits behind the point.
    Decimals,
    /// Digits beyond those that the new type keeps.
    Digits,
    /// The time of day.
    Time,
    /// The date.
    Date,
    /// Fractions of seconds.
    Fractions,
}

/// Row level security of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RowSecurity {
    /// It is on.
    pub enabled: bool,
    /// A policy lets somebody in.
    pub permissive: bool,
    /// Roles that have privileges on the table, but whom it holds back: neither its owner nor beyond it.
    pub granted: Vec<String>,
}

/// Something that holds at the end of a transaction and did not at its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worse {
    /// The table.
    pub table: QualifiedName,
    /// What happened to it.
    pub what: Change,
    /// It is a table made by a statement that is a transaction of its own.
    pub alone: bool,
    /// Byte offset in the script; `None` in the guard, where the statement is long past.
    pub at: Option<usize>,
}

/// What happened to a table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    /// A foreign key was added over these columns, or lost its index.
    ForeignKey(Vec<String>),
    /// The table was made, or lost its key.
    Key,
    /// Row level security was enabled.
    RowSecurity,
}

/// All that a transaction made worse, in order.
pub type MadeWorse = Vec<Worse>;

/// The database, as far as rules need it. Answers hold for one statement.
pub trait Facts {
    /// 15 for PostgreSQL 15.
    fn server_major(&self) -> u32;
    /// A relation.
    fn relation(&self, name: &QualifiedName) -> Lookup<Relation>;
    /// Whether there is such a relation; what is only taken to exist does not count.
    fn exists(&self, name: &QualifiedName) -> bool;
    /// Whether it is a partition or an inheritance child.
    fn is_child(&self, name: &QualifiedName) -> bool;
    /// An index.
    fn index(&self, name: &QualifiedName) -> Lookup<Index>;
    /// A column.
    fn column(&self, table: &QualifiedName, column: &str) -> Lookup<Column>;
    /// The indexes of a table.
    fn indexes(&self, table: &QualifiedName) -> Vec<Index>;
    /// The foreign keys of a table.
    fn foreign_keys(&self, table: &QualifiedName) -> Vec<ForeignKeyOf>;
    /// Whether validated constraints, but for those named, prove that the column holds no NULL.
    fn proves_not_null(&self, table: &QualifiedName, column: &str, without: &[&str]) -> Lookup<bool>;
    /// Whether the default of a new column must be evaluated for each row. `None` without a default.
    fn default_volatility(&self, column: &ColumnDef) -> Lookup<Volatility>;
    /// A foreign key of a table that demands the same of the same columns: its name.
    fn equal_foreign_key(&self, table: &QualifiedName, key: &ForeignKey) -> Option<String>;
    /// Row level security of a table.
    fn row_security(&self, table: &QualifiedName) -> RowSecurity;
    /// The columns that a table is partitioned by, `None` for an expression; nothing for one that is not partitioned.
    fn partition_key(&self, table: &QualifiedName) -> Vec<Option<String>>;
    /// Whether the predicate of a new index depends on more than the row.
    fn predicate_is_mutable(&self, index: &CreateIndex) -> Lookup<bool>;
    /// Whether a name is a word that the server's grammar keeps for itself.
    fn is_reserved(&self, name: &str) -> bool;
    /// The regular expression that the names of a kind have to match, where somebody wants that.
    fn naming(&self, of: Named) -> Option<String>;
    /// Whether a name matches it.
    fn follows_naming(&self, of: Named, name: &str) -> bool;
    /// The columns that each new table has to have.
    fn required_columns(&self) -> Lookup<Vec<ColumnDef>>;
    /// The types that new columns may not have, as they are written and as the server knows them.
    fn forbidden_types(&self) -> Lookup<Vec<(String, Lookup<ColumnType>)>>;
    /// A type as it was written.
    fn type_named(&self, type_name: &Opaque) -> Lookup<ColumnType>;
    /// The type of a column that exists.
    fn column_type(&self, table: &QualifiedName, column: &str) -> Lookup<ColumnType>;
    /// Whether values of one type are values of the other as they are.
    fn coerces_freely(&self, from: &ColumnType, to: &ColumnType) -> bool;
    /// What a change of type does.
    fn type_change(&self, table: &QualifiedName, change: &AlterType) -> Lookup<TypeChange>;
    /// What makes the server refuse to change the type of a column, of the table or of its children.
    fn obstacles(&self, table: &QualifiedName, column: &str) -> Vec<Obstacle>;
    /// Why an index of the table's schema cannot become its unique or primary key: "it is not valid".
    fn unfit_for_key(&self, table: &QualifiedName, index: &str) -> Option<&'static str>;
    /// Whether the type of a new column is a domain that brings a default of its own.
    fn type_has_default(&self, column: &ColumnDef) -> bool;
    /// Whether the type of a new column is a domain that constrains its values, which the server checks row by row.
    fn type_is_constrained(&self, column: &ColumnDef) -> bool;
    /// The type below the domain that a new column is of.
    fn base_type(&self, column: &ColumnDef) -> Option<String>;
    /// A relation's partitions or children, itself first; itself alone with ONLY.
    fn tree(&self, name: &QualifiedName) -> Vec<QualifiedName>;
    /// The partitioned table that it is a partition of.
    fn parent(&self, name: &QualifiedName) -> Option<QualifiedName>;
    /// The default partition of a partitioned table.
    fn default_partition(&self, table: &QualifiedName) -> Option<QualifiedName>;
    /// What attaching a partition does besides, or making one that is new.
    /// `checks` hold besides those that the tables have.
    fn attachment(
        &self,
        table: &QualifiedName,
        partition: Option<&QualifiedName>,
        bound: &Opaque,
        checks: &[AddedCheck],
    ) -> Lookup<Attachment>;
    /// Whether anybody else holds or awaits a lock that conflicts with this one: on the relation, or on a member of its tree.
    fn is_contended(&self, name: &QualifiedName, lock: Lock) -> bool;
    /// Sessions and prepared transactions, other than this one, that hold or await a lock on a relation.
    fn holders(&self, name: &QualifiedName) -> Vec<Holder>;
    /// Foreign keys that point at a table.
    fn referenced_by(&self, table: &QualifiedName) -> Vec<Reference>;
    /// A constraint of a table.
    fn constraint(&self, table: &QualifiedName, name: &str) -> Lookup<ConstraintOf>;
    /// Whether a generated column is stored.
    fn is_stored(&self, table: &QualifiedName, column: &str) -> bool;
    /// Whether a CHECK reads a column.
    fn is_checked(&self, table: &QualifiedName, column: &str) -> bool;
    /// Whether SET TABLESPACE or SET ACCESS METHOD changes anything.
    fn moves(&self, relation: &QualifiedName, action: &AlterAction) -> bool;
    /// What needs a relation, or a column of it.
    fn dependents(&self, name: &QualifiedName, column: Option<&str>) -> Vec<Dependent>;
    /// What needs a type.
    fn dependents_of_type(&self, name: &QualifiedName) -> Vec<Dependent>;
    /// Columns that are of a type.
    fn uses_of_type(&self, name: &QualifiedName) -> Vec<UseOfType>;
    /// Tables made `OF` a composite type.
    fn typed_tables(&self, name: &QualifiedName) -> Vec<QualifiedName>;
    /// Indexes in which a column has a part.
    fn indexes_with(&self, table: &QualifiedName, column: &str) -> Vec<QualifiedName>;
    /// How much a relation is used.
    fn usage(&self, name: &QualifiedName) -> Usage;
    /// Whether a table has a trigger of that name.
    fn has_trigger(&self, table: &QualifiedName, trigger: &str) -> bool;
    /// Publications that send a table, or members of its tree.
    fn publications(&self, table: &QualifiedName) -> Vec<Publication>;
    /// Names of the standbys that replay what this server does now.
    fn standbys(&self) -> Lookup<Vec<String>>;
    /// What follows in the same transaction of a script; `None` where that is not known.
    fn later_in_transaction(&self) -> Option<&[Located]>;
    /// Whether the statement is about to run, and not one of a script that is only read.
    fn runs_now(&self) -> bool {
        true
    }
    /// The statement right before this one in a script, and what it did; `None` where that is not known.
    fn previous(&self) -> Option<(&Statement, &Effects)> {
        None
    }
    /// Whether a script has made a function of that name.
    fn makes_function(&self, _name: &str) -> bool {
        false
    }
    /// Whether the statement is one of a script that changes the schema.
    fn script_changes_schema(&self) -> bool {
        false
    }
    /// Relations that a view reads.
    fn read_by_view(&self, view: &QualifiedName) -> Vec<QualifiedName>;
    /// Relations of a schema.
    fn relations_of_schema(&self, schema: &str) -> Vec<QualifiedName>;
    /// The strongest lock that this transaction holds on a relation.
    fn held(&self, name: &QualifiedName) -> Option<Lock>;
    /// Tables that earlier statements of this transaction locked at least so; others may not share each of them.
    fn held_tables(&self, at_least: Lock) -> Vec<(QualifiedName, Lock)>;
    /// Bytes from which on something is large.
    fn large_size(&self) -> u64;
    /// Seconds after which a transaction with a conflicting lock is in the way.
    fn busy_after(&self) -> f64;
    /// Transactions of this database that are older than so many seconds and hold a snapshot.
    fn old_transactions(&self, seconds: f64) -> Vec<Holder>;
    /// The effective `statement_timeout` in milliseconds; 0 for none.
    fn statement_timeout(&self) -> i32;
    /// The effective `transaction_timeout` in milliseconds; 0 for none, as before 17.
    fn transaction_timeout(&self) -> i32;
    /// The effective `idle_in_transaction_session_timeout` in milliseconds; 0 for none.
    fn idle_in_transaction_timeout(&self) -> i32;
    /// Whether the statement runs in a transaction block, so that its locks are held until COMMIT.
    fn in_transaction_block(&self) -> bool;
    /// The effective `lock_timeout` in milliseconds; 0 for none.
    fn lock_timeout(&self) -> i32;
    /// Whether another session holds or awaits a lock on it now.
    fn in_use(&self, table: &QualifiedName) -> bool;
    /// The schema in which a CREATE without one makes its object.
    fn creation_schema(&self) -> Option<String>;
    /// The name, quoted as the server would.
    fn quote(&self, name: &str) -> String;
    /// The name the server would choose: `table_columns_label`, cut to fit.
    fn object_name(&self, table: &str, columns: &[String], label: &str) -> String;

    /// The type of a new column, also behind `serial`.
    fn type_of_new(&self, column: &ColumnDef) -> Option<ColumnType> {
        match column.serial {
            Some(integer) => Some(ColumnType::of_serial(integer)),
            None => self.type_named(&column.type_name).found(),
        }
    }

    /// Columns of the primary key.
    fn primary_key(&self, table: &QualifiedName) -> Vec<String> {
        let primary = self.indexes(table).into_iter().find(|index| index.primary);
        primary.map(|index| index.columns.into_iter().flatten().collect()).unwrap_or_default()
    }

    /// Which part of the rows has NULL in a column, where that is known.
    fn null_share(&self, table: &QualifiedName, column: &str) -> Option<f64> {
        self.column(table, column).found()?.null_fraction.map(f64::from)
    }

    /// The relation, when it is one that others share.
    fn shared(&self, name: &QualifiedName) -> Option<Relation> {
        self.relation(name).found().filter(Relation::is_shared)
    }

    /// The relation, when it is shared and large: rules about how long a lock is held look at these alone.
    fn shared_and_large(&self, name: &QualifiedName) -> Option<Relation> {
        // Most are small, which is found out at less cost than who shares them.
        self.relation(name).found().filter(|relation| relation.is_large() && relation.is_shared())
    }

    /// The relation, when it is shared, and large or in use: rules about the wait for a lock look at these alone.
    fn large_or_in_use(&self, name: &QualifiedName) -> Option<Relation> {
        let relation = self.relation(name).found()?;
        ((relation.is_large() || self.in_use(name)) && relation.is_shared()).then_some(relation)
    }

    /// Schema and name, quoted, of a relation.
    fn identity(&self, relation: &Relation) -> String {
        self.qualified(&relation.schema, &relation.name)
    }

    /// Schema and name, quoted.
    fn qualified(&self, schema: &str, name: &str) -> String {
        if schema.is_empty() { self.quote(name) } else { format!("{}.{}", self.quote(schema), self.quote(name)) }
    }

    /// Names, quoted and separated by commas.
    fn quote_list(&self, names: &[String]) -> String {
        names.iter().map(|name| self.quote(name)).collect::<Vec<_>>().join(", ")
    }

    /// Who holds or awaits a lock that conflicts with one that is about to be taken, and will not be gone in a moment.
    fn in_the_way(&self, name: &QualifiedName, lock: Lock) -> Vec<Holder> {
        // What this transaction made, nobody else can see.
        let may_be_shared = self.relation(name).found().is_some_and(|relation| relation.may_be_shared());
        if !may_be_shared || !self.is_contended(name, lock) {
            return Vec::new();
        }
        let busy_after = self.busy_after();
        let mut holders = self.holders(name);
        holders.retain(|holder| {
            let stays =
                holder.pid.is_none() || !holder.granted || holder.transaction_age.is_some_and(|age| age >= busy_after);
            stays && !holder.gives_way && holder.lock.conflicts_with(lock)
        });
        holders
    }

    /// Whether a publication sends the updates or deletes of a table, and tells its rows apart by the primary key.
    fn publishes_by_primary_key(&self, table: &QualifiedName) -> bool {
        self.publications(table).iter().any(|publication| publication.sends_changes && publication.by_primary_key)
    }

    /// Whether an index of the table tells its rows apart.
    fn has_key(&self, table: &QualifiedName) -> bool {
        self.indexes(table).iter().any(|index| index.primary || index.identifies)
    }

    /// Whether an index of the table finds rows by these columns.
    fn is_indexed(&self, table: &QualifiedName, columns: &[String]) -> bool {
        self.indexes(table).iter().any(|index| index.serves(columns))
    }
}
