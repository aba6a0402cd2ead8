//! ALTER TABLE and its actions.

use super::{Lowering, Node, text};
use crate::ast::{AlterAction, AlterType, Statement};
use core::ffi::c_int;
use pgrx::pg_sys;
use pgrx::pg_sys::AlterTableType as Type;

impl<'mcx> Lowering<'_, 'mcx> {
    pub(super) fn alter_table(self, s: &pg_sys::AlterTableStmt) -> Statement {
        let actions =
            self.nodes(s.cmds).into_iter().filter_map(Node::cast).map(|command| self.action(command)).collect();
        // SAFETY: a list of AlterTableCmd, as the grammar makes it; the server reads their kinds alone.
        let lock = unsafe { pg_sys::AlterTableGetLockLevel(s.cmds) };
        Statement::AlterTable {
            table: self.name(s.relation),
            actions,
            blocks_writes: lock >= c_int::try_from(pg_sys::ShareLock).unwrap_or(0),
        }
    }

    fn action(self, c: &pg_sys::AlterTableCmd) -> AlterAction {
        let named = text(c.name);
        let definition = self.node(c.def);
        let action = match c.subtype {
            Type::AT_AddColumn => definition.and_then(Node::cast).map(|column| AlterAction::AddColumn {
                column: Box::new(self.column(column)),
                if_not_exists: c.missing_ok,
            }),
            Type::AT_DropColumn => named.map(|column| AlterAction::DropColumn { column }),
            Type::AT_AlterColumnType => self.alter_type(named, definition),
            Type::AT_SetNotNull => named.map(|column| AlterAction::SetNotNull { column }),
            Type::AT_AddConstraint => {
                definition.and_then(Node::cast).and_then(|c| self.constraint(c)).map(AlterAction::AddConstraint)
            }
            Type::AT_DropConstraint => named.map(|name| AlterAction::DropConstraint { name }),
            Type::AT_ValidateConstraint => named.map(|name| AlterAction::ValidateConstraint { name }),
            _ => None,
        };
        action.unwrap_or(AlterAction::Other)
    }

    fn alter_type(self, column: Option<String>, definition: Option<Node<'mcx>>) -> Option<AlterAction> {
        let definition = definition?.cast::<pg_sys::ColumnDef>()?;
        Some(AlterAction::AlterType(AlterType {
            column: column?,
            type_name: self.type_name(definition.typeName),
            using: self.expression(definition.raw_default),
            collate: !definition.collClause.is_null(),
        }))
    }
}
