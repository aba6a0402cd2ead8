//! Constraints: what adding, checking and dropping them does, also to other tables.

use super::Collector;
use crate::ast::{
    AlterAction, Constraint, ConstraintKind, ForeignKey, Key, Lock, Opaque, QualifiedName, dropped_constraints,
};
use crate::facts::{ConstraintOf, ConstraintType, Kind, Lookup};

impl Collector<'_> {
    pub(super) fn add_constraint(&mut self, table: &QualifiedName, constraint: &Constraint, actions: &[AlterAction]) {
        match &constraint.kind {
            ConstraintKind::Check { .. } if !constraint.not_valid => self.check_rows(table, constraint),
            ConstraintKind::NotNull { column } if !constraint.not_valid => self.set_not_null(table, column, actions),
            ConstraintKind::ForeignKey(key) => self.add_foreign_key(table, key, !constraint.not_valid),
            ConstraintKind::Unique(key) => self.add_key(table, constraint, key, "key"),
            ConstraintKind::PrimaryKey(key) => {
                self.add_key(table, constraint, key, "pkey");
                for column in self.key_columns(table, key) {
                    self.set_not_null(table, &column, actions);
                }
            }
            ConstraintKind::Exclude => {
                self.lock_partitions_below(table, Lock::Share);
                self.scan_partitions(table);
            }
            _ => {}
        }
    }

    /// A CHECK that a child has already is only merged.
    fn check_rows(&mut self, table: &QualifiedName, constraint: &Constraint) {
        if !self.whole {
            return;
        }
        let members = if constraint.no_inherit { vec![table.clone()] } else { self.tree(table) };
        for member in members {
            let has_it = constraint
                .name
                .as_ref()
                .is_some_and(|name| self.facts.constraint(&member, name).found().is_some_and(|known| known.validated));
            if !has_it {
                self.scan(&member);
            }
        }
    }

    /// SHARE ROW EXCLUSIVE on both sides, partitions included; the check reads both, where there is something to check.
    pub(super) fn add_foreign_key(&mut self, table: &QualifiedName, key: &ForeignKey, checks: bool) {
        self.lock_partitions(&key.referenced, Lock::ShareRowExclusive);
        if checks && self.relation(table).is_some_and(|relation| !relation.is_empty()) {
            self.look_up_partitions(table);
            self.scan_partitions(&key.referenced);
        }
    }

    /// Reads the rows of a table and looks each up in another.
    fn look_up_partitions(&mut self, table: &QualifiedName) {
        if !self.whole {
            return;
        }
        self.scan_partitions(table);
        for member in self.partitions(table) {
            self.work(&member, |work| work.looked_up = work.scanned);
        }
    }

    pub(super) fn foreign_key_of_new_table(&mut self, constraint: &Constraint) {
        if let ConstraintKind::ForeignKey(key) = &constraint.kind {
            self.lock_partitions(&key.referenced, Lock::ShareRowExclusive);
        }
    }

    fn add_key(&mut self, table: &QualifiedName, constraint: &Constraint, key: &Key, label: &str) {
        if !self.whole {
            return;
        }
        if let Some(index) = &key.using_index {
            // The index takes the name of the constraint.
            let renamed = constraint.name.as_ref().is_some_and(|name| name != index);
            if let Some(name) = self.index_names(table).into_iter().find(|name| renamed && *name.name == **index) {
                self.lock_index(&name, Lock::ShareUpdateExclusive);
            }
            return;
        }
        let name = constraint.name.clone().unwrap_or_else(|| {
            let columns = if label == "pkey" { &[][..] } else { &key.columns };
            self.facts.object_name(&table.name, columns, label)
        });
        let must_be_not_null = label == "pkey"
            && key.columns.iter().any(|column| self.facts.column(table, column).found().is_some_and(|c| !c.not_null));
        if must_be_not_null {
            self.lock_tree(table, Lock::AccessExclusive);
        }
        self.lock_partitions_below(table, Lock::Share);
        for member in self.partitions(table) {
            self.scan(&member);
            if self.has_storage(&member) {
                self.work(&member, |work| work.builds.push(name.clone()));
            }
        }
    }

    /// Partitions, but not the table itself.
    fn lock_partitions_below(&mut self, table: &QualifiedName, lock: Lock) {
        for member in self.partitions(table) {
            if !self.is_same(&member, table) {
                self.lock(&member, lock);
            }
        }
    }

    /// What USING INDEX takes over has its columns from the index.
    fn key_columns(&self, table: &QualifiedName, key: &Key) -> Vec<String> {
        match &key.using_index {
            None => key.columns.clone(),
            Some(used) => {
                let index = self.facts.indexes(table).into_iter().find(|index| index.name == *used);
                index.map(|index| index.columns.into_iter().flatten().collect()).unwrap_or_default()
            }
        }
    }

    pub(super) fn set_not_null(&mut self, table: &QualifiedName, column: &str, actions: &[AlterAction]) {
        if !self.whole {
            return;
        }
        match self.facts.column(table, column) {
            Lookup::Found(known) if known.not_null => return,
            Lookup::Missing => {
                // A column that this statement adds has no constraint yet that could prove anything.
                let added = |action: &AlterAction| matches!(action, AlterAction::AddColumn { column: c, .. } if c.name == column);
                if actions.iter().any(added) {
                    self.scan_tree(table);
                }
                return;
            }
            _ => {}
        }
        let dropped = dropped_constraints(actions);
        let proven = self.facts.proves_not_null(table, column, &dropped);
        if self.unless_proven(table, proven) {
            self.scan_tree(table);
        }
    }

    pub(super) fn validate(&mut self, table: &QualifiedName, name: &str, actions: &[AlterAction]) {
        let added = actions.iter().find_map(|action| match action {
            AlterAction::AddConstraint(added) if added.name.as_deref() == Some(name) => Some(&added.kind),
            _ => None,
        });
        if let Some(kind) = added {
            self.scan_partitions(table);
            if let ConstraintKind::ForeignKey(key) = kind {
                self.scan_partitions(&key.referenced);
            }
            return;
        }
        let Some(constraint) = self.facts.constraint(table, name).found().filter(|c| !c.validated) else { return };
        if let Some(referenced) = constraint.referenced {
            self.lock(&referenced, Lock::RowShare);
            self.lock_partitions(table, Lock::ShareUpdateExclusive);
            self.scan_partitions(&referenced);
            return self.look_up_partitions(table);
        }
        self.lock_tree(table, Lock::ShareUpdateExclusive);
        self.scan_tree(table);
    }

    /// From 18 on a foreign key may become one that is not enforced, and back, and a NOT NULL one that children have.
    pub(super) fn alter_constraint(
        &mut self,
        table: &QualifiedName,
        name: &str,
        enforced: Option<bool>,
        inherits: Option<bool>,
    ) {
        if let Some(inherits) = inherits {
            self.lock_tree(table, Lock::AccessExclusive);
            for child in self.tree(table).iter().filter(|_| inherits).skip(1) {
                self.scan(child);
            }
        }
        let Some(enforced) = enforced else { return };
        let Some(referenced) = self.facts.constraint(table, name).found().and_then(|known| known.referenced) else {
            return;
        };
        if enforced {
            self.lock_partitions(&referenced, Lock::ShareRowExclusive);
            self.scan_partitions(table);
            self.scan_partitions(&referenced);
        } else {
            self.lock_partitions(&referenced, Lock::AccessExclusive);
        }
    }

    pub(super) fn rename_constraint(&mut self, table: &QualifiedName, name: &str) {
        match self.facts.constraint(table, name).found() {
            Some(ConstraintOf { kind: ConstraintType::Check | ConstraintType::NotNull, .. }) => {
                self.lock_tree(table, Lock::AccessExclusive);
            }
            Some(ConstraintOf { index: Some(index), .. }) => {
                self.lock(table, Lock::AccessExclusive);
                if let Some(name) = self.index_names(table).into_iter().find(|known| *known.name == *index) {
                    self.lock_index(&name, Lock::ShareUpdateExclusive);
                }
            }
            _ => self.lock(table, Lock::AccessExclusive),
        }
    }

    pub(super) fn drop_constraint(&mut self, table: &QualifiedName, name: &str, cascade: bool) {
        let Some(constraint) = self.facts.constraint(table, name).found() else { return };
        if let Some(referenced) = &constraint.referenced {
            self.lock_partitions(referenced, Lock::AccessExclusive);
        }
        if let Some(index) = &constraint.index
            && let Some(name) = self.index_names(table).into_iter().find(|known| *known.name == **index)
        {
            for member in self.tree(&name) {
                self.lock_index(&member, Lock::AccessExclusive);
            }
        }
        let is_key = matches!(constraint.kind, ConstraintType::PrimaryKey | ConstraintType::Unique);
        if cascade && is_key {
            for reference in self.facts.referenced_by(table) {
                if reference.referenced.iter().all(|column| constraint.columns.contains(column)) {
                    self.lock_tree(&reference.table, Lock::AccessExclusive);
                }
            }
        }
    }

    /// CREATE TABLE ... PARTITION OF: the new one is empty, and the default partition may hold its rows.
    pub(super) fn new_partition(&mut self, parent: &QualifiedName, bound: &Opaque) {
        self.lock(parent, Lock::AccessExclusive);
        for index in self.index_names(parent) {
            self.lock_index(&index, Lock::ShareUpdateExclusive);
        }
        for key in self.facts.foreign_keys(parent) {
            self.lock_partitions(&key.referenced, Lock::ShareRowExclusive);
        }
        for reference in self.facts.referenced_by(parent) {
            self.lock_partitions(&reference.table, Lock::ShareRowExclusive);
        }
        let Some(default) = self.facts.default_partition(parent) else { return };
        self.lock_tree(&default, Lock::AccessExclusive);
        if !self.whole {
            return;
        }
        let refuted = match self.facts.attachment(parent, None, bound, &[]) {
            Lookup::Found(attachment) => Lookup::Found(!attachment.scans_default),
            Lookup::Missing => Lookup::Missing,
            Lookup::NotChecked(reason) => Lookup::NotChecked(reason),
        };
        if self.unless_proven(&default, refuted) {
            self.scan_tree(&default);
        }
    }

    pub(super) fn attach(&mut self, table: &QualifiedName, partition: &QualifiedName, bound: &Opaque) {
        self.lock_tree(partition, Lock::AccessExclusive);
        for index in self.index_names(table) {
            self.lock_index(&index, Lock::ShareUpdateExclusive);
        }
        let default = self.facts.default_partition(table);
        if let Some(default) = &default {
            self.lock_tree(default, Lock::AccessExclusive);
        }
        self.attach_foreign_keys(table, partition);
        if !self.whole {
            return;
        }
        match self.facts.attachment(table, Some(partition), bound, &[]) {
            Lookup::Found(attachment) => {
                let builds = !attachment.missing_indexes.is_empty();
                if attachment.scans_partition || builds {
                    self.scan_tree(partition);
                }
                for member in self.tree(partition).iter().filter(|_| builds) {
                    let missing = attachment.missing_indexes.clone();
                    self.work(member, |work| work.builds.extend(missing));
                }
                if let Some(default) = default.filter(|_| attachment.scans_default) {
                    self.scan_tree(&default);
                }
            }
            Lookup::Missing => {}
            Lookup::NotChecked(reason) => {
                self.doubt(partition, reason);
                self.scan_tree(partition);
            }
        }
    }

    /// The partition gets the parent's foreign keys, or gives its own up for them.
    fn attach_foreign_keys(&mut self, table: &QualifiedName, partition: &QualifiedName) {
        let own = self.facts.foreign_keys(partition);
        for key in self.facts.foreign_keys(table) {
            if own.iter().any(|known| known.columns == key.columns && known.referenced == key.referenced) {
                self.lock_partitions(&key.referenced, Lock::AccessExclusive);
            } else {
                self.lock_partitions(&key.referenced, Lock::ShareRowExclusive);
                self.scan_partitions(partition);
                self.scan_partitions(&key.referenced);
            }
        }
        for reference in self.facts.referenced_by(table) {
            self.lock_partitions(&reference.table, Lock::ShareRowExclusive);
        }
    }

    pub(super) fn detach(&mut self, table: &QualifiedName, partition: &QualifiedName, lock: Lock) {
        self.lock_tree(partition, lock);
        if let Some(default) = self.facts.default_partition(table) {
            self.lock_tree(&default, lock);
        }
        for key in self.facts.foreign_keys(table) {
            self.lock_partitions(&key.referenced, Lock::ShareRowExclusive);
        }
        for member in self.tree(partition) {
            if self.kind(&member) == Some(Kind::Table) {
                self.lock_indexes(&member, lock, false);
            }
        }
    }
}
