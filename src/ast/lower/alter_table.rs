//! ALTER TABLE and its actions.

use super::{Lowering, Node, compat, is_cascade, offset, text};
use crate::ast::{AlterAction, AlterType, Lock, Opaque, QualifiedName, ReplicaIdentity, Statement, Triggers};
use crate::server;
use pgrx::pg_sys;
use pgrx::pg_sys::AlterTableType as Type;

impl<'mcx> Lowering<'_, 'mcx> {
    pub(super) fn alter_table(self, s: &pg_sys::AlterTableStmt) -> Statement {
        let actions = self.nodes(s.cmds).filter_map(Node::cast).map(|command| self.action(command)).collect();
        // SAFETY: a list of AlterTableCmd, as the grammar makes it; the server reads their kinds alone.
        let lock = unsafe { server::AlterTableGetLockLevel(s.cmds) };
        Statement::AlterTable {
            table: self.name(s.relation),
            actions,
            lock: Lock::of_mode(lock).unwrap_or(Lock::AccessExclusive),
            if_exists: s.missing_ok,
        }
    }

    /// Whether an action adds a foreign key, alone or with a column.
    pub(super) fn adds_foreign_key(self, s: &pg_sys::AlterTableStmt) -> bool {
        self.definitions(s).any(|definition| match definition.cast::<pg_sys::ColumnDef>() {
            Some(column) => self.nodes(column.constraints).any(|node| foreign_key(node).is_some()),
            None => foreign_key(definition).is_some(),
        })
    }

    pub(super) fn detaches_concurrently(self, s: &pg_sys::AlterTableStmt) -> bool {
        self.definitions(s).any(|definition| definition.cast::<pg_sys::PartitionCmd>().is_some_and(|c| c.concurrent))
    }

    /// Whether an action enables row level security.
    pub(super) fn enables_row_security(self, s: &pg_sys::AlterTableStmt) -> bool {
        self.nodes(s.cmds)
            .filter_map(Node::cast::<pg_sys::AlterTableCmd>)
            .any(|command| command.subtype == Type::AT_EnableRowSecurity)
    }

    /// The columns of each foreign key that an action adds.
    pub(super) fn foreign_keys_added(self, s: &pg_sys::AlterTableStmt) -> Vec<Vec<String>> {
        let mut keys = Vec::new();
        for definition in self.definitions(s) {
            if let Some(column) = definition.cast::<pg_sys::ColumnDef>() {
                let count = self.nodes(column.constraints).filter_map(foreign_key).count();
                keys.extend(core::iter::repeat_n(vec![text(column.colname).unwrap_or_default()], count));
            } else if let Some(key) = foreign_key(definition) {
                keys.push(self.strings(key.fk_attrs));
            }
        }
        keys
    }

    fn definitions(self, s: &pg_sys::AlterTableStmt) -> impl Iterator<Item = Node<'mcx>> {
        self.nodes(s.cmds).filter_map(move |command| self.node(command.cast::<pg_sys::AlterTableCmd>()?.def))
    }

    fn action(self, c: &pg_sys::AlterTableCmd) -> AlterAction {
        let named = text(c.name);
        let definition = self.node(c.def);
        let action = match c.subtype {
            Type::AT_AddConstraint => {
                definition.and_then(Node::cast).and_then(|c| self.constraint(c)).map(AlterAction::AddConstraint)
            }
            Type::AT_DropConstraint => named.map(|name| AlterAction::DropConstraint {
                name,
                cascade: is_cascade(c.behavior),
                if_exists: c.missing_ok,
            }),
            Type::AT_AlterConstraint => definition.and_then(compat::altered_constraint),
            Type::AT_ValidateConstraint => named.map(|name| AlterAction::ValidateConstraint { name }),
            Type::AT_AttachPartition | Type::AT_DetachPartition | Type::AT_DetachPartitionFinalize => {
                definition.and_then(Node::cast).map(|partition| self.partition_action(c.subtype, partition))
            }
            Type::AT_AddInherit => self.parent(definition).map(|parent| AlterAction::Inherit { parent }),
            Type::AT_DropInherit => self.parent(definition).map(|parent| AlterAction::NoInherit { parent }),
            _ => self.column_action(c, definition).or_else(|| self.table_action(c)),
        };
        action.unwrap_or(AlterAction::Other)
    }

    fn column_action(self, c: &pg_sys::AlterTableCmd, definition: Option<Node<'mcx>>) -> Option<AlterAction> {
        let column = text(c.name);
        Some(match c.subtype {
            Type::AT_AddColumn => AlterAction::AddColumn {
                column: Box::new(self.column(definition?.cast()?)),
                if_not_exists: c.missing_ok,
            },
            Type::AT_DropColumn => {
                AlterAction::DropColumn { column: column?, cascade: is_cascade(c.behavior), if_exists: c.missing_ok }
            }
            Type::AT_AlterColumnType => self.alter_type(column, definition)?,
            Type::AT_SetNotNull => AlterAction::SetNotNull { column: column? },
            Type::AT_DropNotNull => AlterAction::DropNotNull { column: column? },
            Type::AT_AddIdentity => AlterAction::AddIdentity { column: column? },
            Type::AT_ColumnDefault | Type::AT_SetStatistics | Type::AT_SetStorage => {
                AlterAction::AlterColumn { column: column?, literals: self.literals(c.def) }
            }
            _ if compat::sets_expression(c.subtype) => AlterAction::SetExpression { column: column? },
            _ => return None,
        })
    }

    fn table_action(self, c: &pg_sys::AlterTableCmd) -> Option<AlterAction> {
        let name = text(c.name);
        Some(match c.subtype {
            Type::AT_SetLogged => AlterAction::SetPersistence { logged: true },
            Type::AT_SetUnLogged => AlterAction::SetPersistence { logged: false },
            Type::AT_SetAccessMethod => AlterAction::SetAccessMethod(name),
            Type::AT_SetTableSpace => AlterAction::SetTablespace(name?),
            Type::AT_ClusterOn => AlterAction::ClusterOn { index: name? },
            Type::AT_ReplicaIdentity => {
                AlterAction::ReplicaIdentity(identity(self.node(c.def)?.cast::<pg_sys::ReplicaIdentityStmt>()?)?)
            }
            Type::AT_ChangeOwner => AlterAction::Owner,
            Type::AT_EnableTrig | Type::AT_EnableAlwaysTrig | Type::AT_EnableReplicaTrig => {
                AlterAction::EnableTrigger(Triggers::Named(name?))
            }
            Type::AT_EnableTrigAll => AlterAction::EnableTrigger(Triggers::All),
            Type::AT_EnableTrigUser => AlterAction::EnableTrigger(Triggers::User),
            Type::AT_DisableTrig => AlterAction::DisableTrigger(Triggers::Named(name?)),
            Type::AT_DisableTrigAll => AlterAction::DisableTrigger(Triggers::All),
            Type::AT_DisableTrigUser => AlterAction::DisableTrigger(Triggers::User),
            Type::AT_EnableRowSecurity => AlterAction::EnableRowSecurity,
            Type::AT_DisableRowSecurity => AlterAction::DisableRowSecurity,
            _ => return None,
        })
    }

    fn parent(self, definition: Option<Node<'mcx>>) -> Option<QualifiedName> {
        definition.and_then(Node::cast::<pg_sys::RangeVar>).map(|parent| self.name(parent))
    }

    pub(super) fn bound(self, spec: *const pg_sys::PartitionBoundSpec) -> Opaque {
        self.node(spec).map_or_else(Opaque::default, |node| {
            let location = node.cast::<pg_sys::PartitionBoundSpec>().and_then(|spec| offset(spec.location));
            Opaque { excerpt: self.source.clause(location), node: node.address() }
        })
    }

    fn partition_action(self, kind: Type::Type, c: &pg_sys::PartitionCmd) -> AlterAction {
        let partition = self.name(c.name);
        if kind == Type::AT_AttachPartition {
            let spec = self.node(c.bound).and_then(Node::cast::<pg_sys::PartitionBoundSpec>);
            let is_default = spec.is_some_and(|spec| spec.is_default);
            return AlterAction::Attach { partition, bound: self.bound(c.bound), is_default };
        }
        let finalize = kind == Type::AT_DetachPartitionFinalize;
        AlterAction::Detach { partition, concurrently: c.concurrent || finalize, finalize }
    }

    fn alter_type(self, column: Option<String>, definition: Option<Node<'mcx>>) -> Option<AlterAction> {
        let definition = definition?.cast::<pg_sys::ColumnDef>()?;
        Some(AlterAction::AlterType(AlterType {
            column: column?,
            type_name: self.type_name(definition.typeName),
            using: self.expression(definition.raw_default),
            collation: self.node(definition.collClause).map(|clause| {
                let at = clause.cast::<pg_sys::CollateClause>().and_then(|clause| offset(clause.location));
                Opaque { excerpt: self.source.clause(at), node: clause.address() }
            }),
        }))
    }
}

fn identity(identity: &pg_sys::ReplicaIdentityStmt) -> Option<ReplicaIdentity> {
    Some(match identity.identity_type.cast_unsigned() {
        pg_sys::REPLICA_IDENTITY_DEFAULT => ReplicaIdentity::Default,
        pg_sys::REPLICA_IDENTITY_FULL => ReplicaIdentity::Full,
        pg_sys::REPLICA_IDENTITY_NOTHING => ReplicaIdentity::Nothing,
        pg_sys::REPLICA_IDENTITY_INDEX => ReplicaIdentity::Index(text(identity.name)?),
        _ => return None,
    })
}

fn foreign_key(node: Node<'_>) -> Option<&pg_sys::Constraint> {
    node.cast::<pg_sys::Constraint>().filter(|c| c.contype == pg_sys::ConstrType::CONSTR_FOREIGN)
}
