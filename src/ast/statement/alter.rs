//! ALTER TABLE.
#![forbid(unsafe_code)]

use super::{ColumnDef, Constraint, Literal, Opaque, QualifiedName};

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
        /// `CASCADE`.
        cascade: bool,
        /// `IF EXISTS`.
        if_exists: bool,
    },
    /// `ALTER COLUMN … TYPE`.
    AlterType(AlterType),
    /// `ALTER COLUMN … SET NOT NULL`.
    SetNotNull {
        /// The column.
        column: String,
    },
    /// `ALTER COLUMN … DROP NOT NULL`.
    DropNotNull {
        /// The column.
        column: String,
    },
    /// `ALTER COLUMN … SET DEFAULT`, `DROP DEFAULT`, `SET STATISTICS`, `SET STORAGE`.
    AlterColumn {
        /// The column.
        column: String,
        /// Constants of a default that the server reads by a type.
        literals: Vec<Literal>,
    },
    /// `ALTER COLUMN … ADD GENERATED … AS IDENTITY`.
    AddIdentity {
        /// The column.
        column: String,
    },
    /// `ALTER COLUMN … SET EXPRESSION`.
    SetExpression {
        /// The column.
        column: String,
    },
    /// `ADD CONSTRAINT`.
    AddConstraint(Constraint),
    /// `DROP CONSTRAINT`.
    DropConstraint {
        /// The constraint.
        name: String,
        /// `CASCADE`.
        cascade: bool,
        /// `IF EXISTS`.
        if_exists: bool,
    },
    /// `ALTER CONSTRAINT`.
    AlterConstraint {
        /// The constraint.
        name: String,
        /// `ENFORCED`, `NOT ENFORCED`, or neither.
        enforced: Option<bool>,
        /// `INHERIT`, `NO INHERIT`, or neither.
        inherits: Option<bool>,
    },
    /// `VALIDATE CONSTRAINT`.
    ValidateConstraint {
        /// The constraint.
        name: String,
    },
    /// `SET LOGGED`, `SET UNLOGGED`.
    SetPersistence {
        /// `LOGGED`.
        logged: bool,
    },
    /// `SET ACCESS METHOD`; `None` for the default.
    SetAccessMethod(Option<String>),
    /// `SET TABLESPACE`.
    SetTablespace(String),
    /// `CLUSTER ON`.
    ClusterOn {
        /// The index.
        index: String,
    },
    /// `REPLICA IDENTITY`.
    ReplicaIdentity(ReplicaIdentity),
    /// `OWNER TO`.
    Owner,
    /// `ENABLE TRIGGER`, in all its forms.
    EnableTrigger(Triggers),
    /// `DISABLE TRIGGER`.
    DisableTrigger(Triggers),
    /// `ENABLE ROW LEVEL SECURITY`.
    EnableRowSecurity,
    /// `DISABLE ROW LEVEL SECURITY`.
    DisableRowSecurity,
    /// `INHERIT`.
    Inherit {
        /// The parent.
        parent: QualifiedName,
    },
    /// `NO INHERIT`.
    NoInherit {
        /// The parent.
        parent: QualifiedName,
    },
    /// `ATTACH PARTITION`, of a table or an index.
    Attach {
        /// The partition.
        partition: QualifiedName,
        /// `FOR VALUES …`, or `DEFAULT`; nothing for an index.
        bound: Opaque,
        /// `DEFAULT`.
        is_default: bool,
    },
    /// `DETACH PARTITION`.
    Detach {
        /// The partition.
        partition: QualifiedName,
        /// `CONCURRENTLY`, or `FINALIZE` of one.
        concurrently: bool,
        /// `FINALIZE` of one that was interrupted.
        finalize: bool,
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
    pub collation: Option<Opaque>,
}

/// What tells the rows of a table apart for those to whom changes are sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplicaIdentity {
    /// The primary key.
    Default,
    /// All columns.
    Full,
    /// Nothing.
    Nothing,
    /// An index.
    Index(String),
}

/// Which triggers are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Triggers {
    /// One.
    Named(String),
    /// `USER`: all but those of constraints.
    User,
    /// `ALL`.
    All,
}

/// Constraints that a statement drops: the server drops first, so that they prove nothing.
#[must_use]
pub fn dropped_constraints(actions: &[AlterAction]) -> Vec<&str> {
    let dropped = actions.iter().filter_map(|action| match action {
        AlterAction::DropConstraint { name, .. } => Some(name.as_str()),
        _ => None,
    });
    dropped.collect()
}
