//! The commands of a statement as a set. A check says which it looks at, so that it is not asked about the others.
#![forbid(unsafe_code)]

use super::{AlterAction, Statement};

/// Commands: those of one statement, or those that a check looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Commands(u64);

impl Commands {
    /// Every command, also those without a name here.
    pub const ALL: Self = Self(u64::MAX);

    /// These and those.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether any of those is among these.
    #[must_use]
    pub const fn meets(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}

/// Names each command, and says which statement or action of ALTER TABLE it is.
macro_rules! commands {
    (
        statements { $($statement:ident $statement_sql:literal: $is_statement:pat,)+ }
        actions { $($action:ident $action_sql:literal: $is_action:pat,)+ }
    ) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "its variants number the constants below")]
        enum Bit { $($statement,)+ $($action,)+ OTHER }

        /// What no check looks at by itself.
        const OTHER: Commands = Commands(1 << Bit::OTHER as u32);

        $(
            #[doc = concat!("`", $statement_sql, "`.")]
            pub const $statement: Commands = Commands(1 << Bit::$statement as u32);
        )+
        $(
            #[doc = concat!("`ALTER TABLE … ", $action_sql, "`.")]
            pub const $action: Commands = Commands(1 << Bit::$action as u32);
        )+

        impl Statement {
            /// What it does: of ALTER TABLE, each of its actions as well.
            #[must_use]
            pub fn commands(&self) -> Commands {
                let own = match self {
                    $($is_statement => $statement,)+
                    _ => OTHER,
                };
                let Self::AlterTable { actions, .. } = self else { return own };
                actions.iter().fold(own, |commands, action| commands.or(action.command()))
            }
        }

        impl AlterAction {
            /// What it does.
            #[must_use]
            pub fn command(&self) -> Commands {
                match self {
                    $($is_action => $action,)+
                    _ => OTHER,
                }
            }
        }
    };
}

commands! {
    statements {
        ALTER_DOMAIN "ALTER DOMAIN": Self::AlterDomain(_),
        ALTER_ENUM "ALTER TYPE": Self::AlterEnum(_),
        ALTER_SYSTEM "ALTER SYSTEM": Self::AlterSystem,
        ALTER_TABLE "ALTER TABLE": Self::AlterTable { .. },
        CREATE_INDEX "CREATE INDEX": Self::CreateIndex(_),
        CREATE_RULE "CREATE RULE": Self::CreateRule { .. },
        CREATE_SEQUENCE "CREATE SEQUENCE": Self::CreateSequence { .. },
        CREATE_TABLE "CREATE TABLE": Self::CreateTable(_),
        CREATE_TABLE_AS "CREATE TABLE AS": Self::CreateTableAs { .. },
        CREATE_TRIGGER "CREATE TRIGGER": Self::CreateTrigger { .. },
        DROP "DROP": Self::Drop(_),
        GRANT "GRANT": Self::Grant(_),
        REFRESH "REFRESH MATERIALIZED VIEW": Self::Refresh { .. },
        REINDEX "REINDEX": Self::Reindex(_),
        RENAME "RENAME": Self::Rename(_),
        VACUUM "VACUUM": Self::Vacuum { .. },
    }
    actions {
        ADD_COLUMN "ADD COLUMN": Self::AddColumn { .. },
        ADD_CONSTRAINT "ADD CONSTRAINT": Self::AddConstraint(_),
        ALTER_COLUMN "ALTER COLUMN": Self::AlterColumn { .. },
        ALTER_TYPE "ALTER COLUMN … TYPE": Self::AlterType(_),
        ATTACH "ATTACH PARTITION": Self::Attach { .. },
        DETACH "DETACH PARTITION": Self::Detach { .. },
        DISABLE_TRIGGER "DISABLE TRIGGER": Self::DisableTrigger(_),
        DROP_COLUMN "DROP COLUMN": Self::DropColumn { .. },
        DROP_CONSTRAINT "DROP CONSTRAINT": Self::DropConstraint { .. },
        DROP_NOT_NULL "ALTER COLUMN … DROP NOT NULL": Self::DropNotNull { .. },
        INHERIT "INHERIT": Self::Inherit { .. },
        REPLICA_IDENTITY "REPLICA IDENTITY": Self::ReplicaIdentity(_),
        SET_ACCESS_METHOD "SET ACCESS METHOD": Self::SetAccessMethod(_),
        SET_EXPRESSION "ALTER COLUMN … SET EXPRESSION": Self::SetExpression { .. },
        SET_NOT_NULL "ALTER COLUMN … SET NOT NULL": Self::SetNotNull { .. },
        SET_PERSISTENCE "SET LOGGED": Self::SetPersistence { .. },
        SET_TABLESPACE "SET TABLESPACE": Self::SetTablespace(_),
        VALIDATE_CONSTRAINT "VALIDATE CONSTRAINT": Self::ValidateConstraint { .. },
    }
}
