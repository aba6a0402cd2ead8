//! Constraints: what adding, checking and dropping them does, also to other tables.

use super::Collector;
use crate::ast::{Constraint, ConstraintKind, ForeignKey, Key, Lock, Opaque, QualifiedName};
use crate::facts::{ConstraintType, Kind, Lookup};

impl Collector<'_> {
    pub(super) fn add_constraint(&mut self, table: &QualifiedName, constraint: &Constraint, dropped: &[&str]) {
        match &constraint.kind {
            ConstraintKind::Check { .. } if !constraint.not_valid => self.scan_tree(table),
            ConstraintKind::NotNull { column } if !constraint.not_valid => self.set_not_null(table, column, dropped),
            ConstraintKind::ForeignKey(key) => self.add_foreign_key(table, key, !constraint.not_valid),
            ConstraintKind::Unique(key) => self.add_key(table, constraint, key, "key"),
            ConstraintKind::PrimaryKey(key) => {
                self.add_key(table, constraint, key, "pkey");
                for column in self.key_columns(table, key) {
                    self.set_not_null(table, &column, dropped);
                }
            }
            ConstraintKind::Exclude => self.scan_tree(table),
            _ => {}
        }
    }

    /// SHARE ROW EXCLUSIVE on both sides, partitions included; the check reads both.
    pub(super) fn add_foreign_key(&mut self, table: &QualifiedName, key: &ForeignKey, checks: bool) {
        self.lock_partitions(&key.referenced, Lock::ShareRowExclusive);
        if checks {
            self.scan_tree(table);
            self.scan_tree(&key.referenced);
        }
    }

    pub(super) fn foreign_key_of_new_table(&mut self, constraint: &Constraint) {
        if let ConstraintKind::ForeignKey(key) = &constraint.kind {
            self.lock_partitions(&key.referenced, Lock::ShareRowExclusive);
        }
    }

    fn add_key(&mut self, table: &QualifiedName, constraint: &Constraint, key: &Key, label: &str) {
        if let Some(index) = &key.using_index {
            if let Some(name) = self.index_names(table).into_iter().find(|name| name.name == *index) {
                self.lock_index(&name, Lock::ShareUpdateExclusive);
            }
            return;
        }
        let name = constraint.name.clone().unwrap_or_else(|| {
            let columns = if label == "pkey" { &[][..] } else { &key.columns };
            self.facts.object_name(&table.name, columns, label)
        });
        for member in self.tree(table) {
            self.scan(&member);
            if self.has_storage(&member) {
                self.work(&member, |work| work.builds.push(name.clone()));
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

    pub(super) fn set_not_null(&mut self, table: &QualifiedName, column: &str, dropped: &[&str]) {
        match self.facts.column(table, column) {
            Lookup::Found(known) if known.not_null => return,
            Lookup::Missing => return,
            _ => {}
        }
        let proven = self.facts.proves_not_null(table, column, dropped);
        if self.unless_proven(table, proven) {
            self.scan_tree(table);
        }
    }

    pub(super) fn validate(&mut self, table: &QualifiedName, name: &str) {
        let Some(constraint) = self.facts.constraint(table, name).found().filter(|c| !c.validated) else { return };
        if let Some(referenced) = constraint.referenced {
            self.lock(&referenced, Lock::RowShare);
            self.scan_tree(&referenced);
        } else {
            self.lock_tree(table, Lock::ShareUpdateExclusive);
        }
        self.scan_tree(table);
    }

    pub(super) fn drop_constraint(&mut self, table: &QualifiedName, name: &str, cascade: bool) {
        let Some(constraint) = self.facts.constraint(table, name).found() else { return };
        if let Some(referenced) = &constraint.referenced {
            self.lock_partitions(referenced, Lock::AccessExclusive);
        }
        if let Some(index) = &constraint.index
            && let Some(name) = self.index_names(table).into_iter().find(|known| known.name == *index)
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
        let Some(default) = self.facts.default_partition(parent) else { return };
        self.lock_tree(&default, Lock::AccessExclusive);
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

    pub(super) fn detach(&mut self, table: &QualifiedName, partition: &QualifiedName, lock: Lock) {
        self.lock_tree(partition, lock);
        if let Some(default) = self.facts.default_partition(table) {
            self.lock_tree(&default, lock);
        }
        for member in self.tree(partition) {
            if self.kind(&member) == Some(Kind::Table) {
                self.lock_indexes(&member, lock, false);
            }
        }
    }
}
