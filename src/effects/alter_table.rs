//! ALTER TABLE, action by action.

use super::Collector;
use crate::ast::{AlterAction, AlterType, ColumnDef, ConstraintKind, Lock, QualifiedName};
use crate::facts::{Kind, Lookup, Volatility};

impl Collector<'_> {
    pub(super) fn alter_table(&mut self, table: &QualifiedName, actions: &[AlterAction], lock: Lock) {
        let Some(relation) = self.relation(table) else { return };
        match relation.kind {
            Kind::Index => return self.alter_index(table, actions, lock),
            Kind::CompositeType => {
                for typed in self.facts.typed_tables(table) {
                    self.alter_table(&typed, actions, lock);
                }
                return;
            }
            _ => {}
        }
        self.lock(table, lock);
        if actions.iter().any(|action| self.recurses(action)) {
            self.lock_tree(table, lock);
        }
        let dropped: Vec<&str> = actions
            .iter()
            .filter_map(|action| match action {
                AlterAction::DropConstraint { name, .. } => Some(name.as_str()),
                _ => None,
            })
            .collect();
        for action in actions {
            self.column_action(table, action, &dropped);
            self.table_action(table, action, lock);
        }
    }

    /// Whether partitions and children are altered as well.
    fn recurses(&self, action: &AlterAction) -> bool {
        matches!(
            action,
            AlterAction::AddColumn { .. }
                | AlterAction::DropColumn { .. }
                | AlterAction::AlterType(_)
                | AlterAction::AlterColumn { .. }
                | AlterAction::SetNotNull { .. }
                | AlterAction::SetExpression { .. }
                | AlterAction::AddConstraint(_)
                | AlterAction::DropConstraint { .. }
                | AlterAction::EnableTrigger(_)
                | AlterAction::DisableTrigger(_)
        ) || (matches!(action, AlterAction::DropNotNull { .. } | AlterAction::AddIdentity { .. })
            && self.facts.server_major() >= 18)
    }

    fn column_action(&mut self, table: &QualifiedName, action: &AlterAction, dropped: &[&str]) {
        match action {
            AlterAction::AddColumn { column, if_not_exists }
                if !(*if_not_exists && self.facts.column(table, &column.name).found().is_some()) =>
            {
                self.add_column(table, column);
            }
            AlterAction::DropColumn { column, cascade } => self.drop_column(table, column, *cascade),
            AlterAction::AlterType(change) => self.alter_type(table, change),
            AlterAction::SetNotNull { column } => self.set_not_null(table, column, dropped),
            AlterAction::SetExpression { column } if self.facts.is_stored(table, column) => self.rewrite_tree(table),
            AlterAction::AddConstraint(constraint) => self.add_constraint(table, constraint, dropped),
            AlterAction::DropConstraint { name, cascade } => self.drop_constraint(table, name, *cascade),
            AlterAction::ValidateConstraint { name } => self.validate(table, name),
            // From 18 on a foreign key may become one that is not enforced, and back.
            AlterAction::AlterConstraint { name, enforced: true } => {
                if let Some(referenced) = self.facts.constraint(table, name).found().and_then(|c| c.referenced) {
                    self.lock_partitions(&referenced, Lock::AccessExclusive);
                }
            }
            _ => {}
        }
    }

    fn table_action(&mut self, table: &QualifiedName, action: &AlterAction, lock: Lock) {
        match action {
            AlterAction::SetPersistence { logged }
                if self.relation(table).is_some_and(|relation| relation.unlogged == *logged) =>
            {
                self.rewrite(table);
            }
            AlterAction::SetAccessMethod(_) | AlterAction::SetTablespace(_)
                if self.facts.moves(table, action) && self.has_storage(table) =>
            {
                self.rewrite(table);
            }
            AlterAction::ClusterOn { index } => self.lock_named_index(table, index, Lock::ShareUpdateExclusive),
            AlterAction::ReplicaIdentity { index: Some(index) } => self.lock_named_index(table, index, Lock::Share),
            AlterAction::Owner => self.lock_indexes(table, Lock::AccessExclusive, false),
            AlterAction::Inherit { parent } => self.lock(parent, Lock::ShareUpdateExclusive),
            AlterAction::NoInherit { parent } => self.lock(parent, Lock::AccessShare),
            AlterAction::Attach { partition, bound, .. } => self.attach(table, partition, bound),
            AlterAction::Detach { partition, .. } => self.detach(table, partition, lock),
            _ => {}
        }
    }

    fn lock_named_index(&mut self, table: &QualifiedName, index: &str, lock: Lock) {
        if let Some(name) = self.index_names(table).into_iter().find(|name| name.name == *index) {
            self.lock_index(&name, lock);
        }
    }

    fn alter_index(&mut self, index: &QualifiedName, actions: &[AlterAction], lock: Lock) {
        self.lock(index, lock);
        for action in actions {
            match action {
                AlterAction::Attach { partition, .. } => {
                    self.lock(index, Lock::ShareUpdateExclusive);
                    self.lock(partition, Lock::AccessExclusive);
                    for name in [index, partition] {
                        if let Some(index) = self.facts.index(name).found() {
                            self.lock(&index.table, Lock::AccessShare);
                        }
                    }
                }
                AlterAction::SetTablespace(_) if self.facts.moves(index, action) => {
                    self.work(index, |work| work.rewritten = true);
                }
                _ => {}
            }
        }
    }

    fn add_column(&mut self, table: &QualifiedName, column: &ColumnDef) {
        let volatile = match self.facts.default_volatility(column) {
            Lookup::Found(Volatility::Constant) | Lookup::Missing => false,
            Lookup::Found(_) => true,
            Lookup::NotChecked(reason) => {
                self.doubt(table, reason);
                true
            }
        };
        let rewritten = volatile
            || column.serial.is_some()
            || column.identity
            || column.stored
            || self.facts.type_is_constrained(column);
        if rewritten {
            self.rewrite_tree(table);
        }
        let filled = rewritten || column.default.is_some();
        for constraint in &column.constraints {
            match &constraint.kind {
                // A column of NULLs refers to nothing, so that there is nothing to check.
                ConstraintKind::ForeignKey(key) => {
                    self.add_foreign_key(table, key, filled && !constraint.not_valid);
                }
                _ => self.add_constraint(table, constraint, &[]),
            }
        }
    }

    fn drop_column(&mut self, table: &QualifiedName, column: &str, cascade: bool) {
        for member in self.tree(table) {
            for index in self.facts.indexes_with(&member, column) {
                self.lock_index(&index, Lock::AccessExclusive);
            }
            for key in self.facts.foreign_keys(&member) {
                if key.columns.iter().any(|name| name == column) {
                    self.lock_partitions(&key.referenced, Lock::AccessExclusive);
                }
            }
            if cascade {
                self.lock_dependents(&self.facts.dependents(&member, Some(column)));
            }
        }
    }

    fn alter_type(&mut self, table: &QualifiedName, change: &AlterType) {
        let rebuilds = match self.facts.type_change(table, change) {
            Lookup::Found(what) if what.rewrites => return self.rewrite_tree(table),
            Lookup::Found(what) => what.rebuilds,
            Lookup::Missing => return,
            Lookup::NotChecked(reason) => {
                self.doubt(table, reason);
                return self.rewrite_tree(table);
            }
        };
        for index in self.facts.indexes_with(table, &change.column) {
            self.lock_index(&index, Lock::AccessExclusive);
        }
        for index in rebuilds {
            self.effects.entry(&index, true, Lock::AccessExclusive).work.rewritten = true;
            self.scan(table);
        }
        if self.facts.is_checked(table, &change.column) {
            self.scan_tree(table);
        }
    }
}
