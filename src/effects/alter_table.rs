//! ALTER TABLE, action by action.

use super::Collector;
use crate::ast::{AlterAction, AlterType, ColumnDef, ConstraintKind, Lock, QualifiedName, ReplicaIdentity};
use crate::facts::{ConstraintType, Kind, Lookup, Volatility};

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
        for action in actions {
            match self.reach(table, action) {
                Reach::Alone => {}
                Reach::Partitions => self.lock_partitions(table, lock),
                Reach::Children => self.lock_tree(table, lock),
            }
            self.column_action(table, action, actions);
            self.table_action(table, action, lock);
        }
        self.forget_dropped_indexes(table, actions);
    }

    /// Which relations below the table are altered as well.
    fn reach(&self, table: &QualifiedName, action: &AlterAction) -> Reach {
        let from_18 = |before| if self.facts.server_major() >= 18 { Reach::Children } else { before };
        match action {
            AlterAction::AddColumn { .. }
            | AlterAction::DropColumn { .. }
            | AlterAction::AlterType(_)
            | AlterAction::AlterColumn { .. }
            | AlterAction::SetNotNull { .. }
            | AlterAction::SetExpression { .. } => Reach::Children,
            AlterAction::DropNotNull { .. } => from_18(Reach::Partitions),
            AlterAction::AddIdentity { .. } if self.facts.server_major() >= 17 => Reach::Partitions,
            AlterAction::EnableTrigger(_) | AlterAction::DisableTrigger(_) | AlterAction::AlterConstraint { .. } => {
                Reach::Partitions
            }
            AlterAction::AddConstraint(constraint) => match &constraint.kind {
                ConstraintKind::Check { .. } if constraint.no_inherit => from_18(Reach::Alone),
                ConstraintKind::Check { .. } | ConstraintKind::NotNull { .. } => Reach::Children,
                ConstraintKind::ForeignKey(_) => from_18(Reach::Partitions),
                // The partitions' locks depend on more: see `add_key`.
                ConstraintKind::Unique(_) | ConstraintKind::PrimaryKey(_) | ConstraintKind::Exclude => {
                    from_18(Reach::Alone)
                }
            },
            AlterAction::DropConstraint { name, .. } => {
                let kind = self.facts.constraint(table, name).found().map(|constraint| constraint.kind);
                match kind {
                    Some(ConstraintType::Check | ConstraintType::NotNull) | None => Reach::Children,
                    Some(_) => Reach::Partitions,
                }
            }
            _ => Reach::Alone,
        }
    }

    /// What is dropped with a column is not built again, even where the table is written again.
    fn forget_dropped_indexes(&mut self, table: &QualifiedName, actions: &[AlterAction]) {
        if !self.whole {
            return;
        }
        for action in actions {
            let AlterAction::DropColumn { column, .. } = action else { continue };
            for member in self.tree(table) {
                for index in self.facts.indexes_with(&member, column) {
                    self.effects.entry(&index, true, Lock::AccessExclusive).work.rewritten = false;
                }
            }
        }
    }

    fn column_action(&mut self, table: &QualifiedName, action: &AlterAction, actions: &[AlterAction]) {
        match action {
            AlterAction::AddColumn { column, if_not_exists }
                if !(*if_not_exists && self.facts.column(table, &column.name).found().is_some()) =>
            {
                self.add_column(table, column);
            }
            AlterAction::DropColumn { column, cascade, .. } => self.drop_column(table, column, *cascade),
            AlterAction::AlterType(change) => self.alter_type(table, change),
            AlterAction::SetNotNull { column } => self.set_not_null(table, column, actions),
            AlterAction::SetExpression { column } if self.facts.is_stored(table, column) => self.rewrite_tree(table),
            AlterAction::AddConstraint(constraint) => self.add_constraint(table, constraint, actions),
            AlterAction::DropConstraint { name, cascade, .. } => self.drop_constraint(table, name, *cascade),
            AlterAction::ValidateConstraint { name } => self.validate(table, name, actions),
            AlterAction::AlterConstraint { name, enforced, inherits } => {
                self.alter_constraint(table, name, *enforced, *inherits);
            }
            _ => {}
        }
    }

    fn table_action(&mut self, table: &QualifiedName, action: &AlterAction, lock: Lock) {
        match action {
            AlterAction::SetPersistence { logged }
                if self.has_storage(table)
                    && self.relation(table).is_some_and(|relation| relation.unlogged == *logged) =>
            {
                self.rewrite(table);
            }
            AlterAction::SetAccessMethod(_) | AlterAction::SetTablespace(_)
                if self.facts.moves(table, action) && self.has_storage(table) =>
            {
                self.rewrite(table);
            }
            AlterAction::ClusterOn { index } => self.lock_named_index(table, index, Lock::ShareUpdateExclusive),
            AlterAction::ReplicaIdentity(ReplicaIdentity::Index(index)) => {
                self.lock_named_index(table, index, Lock::Share);
            }
            AlterAction::Owner => self.lock_indexes(table, Lock::AccessExclusive, false),
            AlterAction::Inherit { parent } => self.lock(parent, Lock::ShareUpdateExclusive),
            AlterAction::NoInherit { parent } => self.lock(parent, Lock::AccessShare),
            AlterAction::Attach { partition, bound, .. } => self.attach(table, partition, bound),
            AlterAction::Detach { partition, .. } => self.detach(table, partition, lock),
            _ => {}
        }
    }

    fn lock_named_index(&mut self, table: &QualifiedName, index: &str, lock: Lock) {
        if let Some(name) = self.index_names(table).into_iter().find(|name| *name.name == *index) {
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
        if !self.whole {
            for constraint in &column.constraints {
                self.add_constraint(table, constraint, &[]);
            }
            return;
        }
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
        } else if column.generated && column.not_null {
            self.scan_tree(table);
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
        // With ONLY, the children are told that the column is theirs now.
        self.lock_tree(&QualifiedName { only: false, ..table.clone() }, Lock::AccessExclusive);
        for member in self.tree(table) {
            if self.whole {
                for index in self.facts.indexes_with(&member, column) {
                    self.lock_index(&index, Lock::AccessExclusive);
                }
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
        if !self.whole {
            return self.lock_key_partners(table, &change.column, false);
        }
        let (rewrites, rebuilds) = match self.facts.type_change(table, change) {
            Lookup::Found(what) => (what.rewrites, what.rebuilds),
            Lookup::Missing => return,
            Lookup::NotChecked(reason) => {
                self.doubt(table, reason);
                (true, Vec::new())
            }
        };
        self.lock_key_partners(table, &change.column, rewrites);
        if rewrites {
            return self.rewrite_tree(table);
        }
        for member in self.tree(table) {
            for index in self.facts.indexes_with(&member, &change.column) {
                self.lock_index(&index, Lock::AccessExclusive);
            }
        }
        for index in rebuilds {
            self.effects.entry(&index, true, Lock::AccessExclusive).work.rewritten = true;
            self.scan(table);
        }
        if self.facts.is_checked(table, &change.column) {
            self.scan_tree(table);
        }
    }

    /// Foreign keys over the column, from here and from others, are made anew, and checked again after a rewrite.
    fn lock_key_partners(&mut self, table: &QualifiedName, column: &str, rewrites: bool) {
        let has_it = |columns: &[String]| columns.iter().any(|name| name == column);
        let mut partners = Vec::new();
        for key in self.facts.foreign_keys(table).into_iter().filter(|key| has_it(&key.columns)) {
            let validated = self.facts.constraint(table, &key.name).found().is_none_or(|known| known.validated);
            partners.push((key.referenced, validated));
        }
        for key in self.facts.referenced_by(table).into_iter().filter(|key| has_it(&key.referenced)) {
            partners.push((key.table, key.validated));
        }
        for (partner, validated) in partners {
            self.lock_partitions(&partner, Lock::AccessExclusive);
            if rewrites && validated {
                self.scan_partitions(&partner);
            }
        }
    }
}

/// How far below a table an action goes.
enum Reach {
    Alone,
    Partitions,
    Children,
}
