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

    /// Whether an action adds a foreign key, alone or with a column.
    pub(super) fn adds_foreign_key(self, s: &pg_sys::AlterTableStmt) -> bool {
        self.definitions(s).any(|definition| match definition.cast::<pg_sys::ColumnDef>() {
            Some(column) => self.nodes(column.constraints).into_iter().any(|node| foreign_key(node).is_some()),
            None => foreign_key(definition).is_some(),
        })
    }

    /// The columns of each foreign key that an action adds.
    pub(super) fn foreign_keys_added(self, s: &pg_sys::AlterTableStmt) -> Vec<Vec<String>> {
        let mut keys = Vec::new();
        for definition in self.definitions(s) {
            if let Some(column) = definition.cast::<pg_sys::ColumnDef>() {
                let count = self.nodes(column.constraints).into_iter().filter_map(foreign_key).count();
                keys.extend(core::iter::repeat_n(vec![text(column.colname).unwrap_or_default()], count));
            } else if let Some(key) = foreign_key(definition) {
                keys.push(self.strings(key.fk_attrs));
            }
        }
        keys
    }

    fn definitions(self, s: &pg_sys::AlterTableStmt) -> impl Iterator<Item = Node<'mcx>> {
        self.nodes(s.cmds)
            .into_iter()
            .filter_map(move |command| self.node(command.cast::<pg_sys::AlterTableCmd>()?.def))
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

fn foreign_key(node: Node<'_>) -> Option<&pg_sys::Constraint> {
    node.cast::<pg_sys::Constraint>().filter(|c| c.contype == pg_sys::ConstrType::CONSTR_FOREIGN)
}
