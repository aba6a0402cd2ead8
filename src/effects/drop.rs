//! DROP, and what goes with it.

use super::Collector;
use crate::ast::{Drop, DropKind, Lock, QualifiedName};
use crate::facts::{Dependent, Kind};

impl Collector<'_> {
    pub(super) fn drop(&mut self, drop: &Drop) {
        for name in &drop.names {
            match drop.kind {
                DropKind::Table | DropKind::ForeignTable => self.drop_table(name, drop.cascade),
                DropKind::Index => self.drop_index(name, drop.concurrently),
                DropKind::View | DropKind::MaterializedView | DropKind::Sequence => {
                    self.drop_relation(name, drop.cascade);
                }
                DropKind::Schema if drop.cascade => {
                    for relation in self.facts.relations_of_schema(&name.name) {
                        self.drop_table(&relation, true);
                    }
                }
                DropKind::Type if drop.cascade => self.lock_dependents(&self.facts.dependents_of_type(name)),
                DropKind::Trigger if self.has_trigger(name, drop.member.as_deref()) => {
                    self.lock_partitions(name, Lock::AccessExclusive);
                }
                DropKind::Policy | DropKind::Rule => self.lock(name, Lock::AccessExclusive),
                _ => {}
            }
        }
    }

    fn has_trigger(&self, table: &QualifiedName, trigger: Option<&str>) -> bool {
        trigger.is_some_and(|trigger| self.facts.has_trigger(table, trigger))
    }

    fn drop_table(&mut self, name: &QualifiedName, cascade: bool) {
        if let Some(parent) = self.facts.parent(name) {
            self.lock(&parent, Lock::AccessExclusive);
            if let Some(default) = self.facts.default_partition(&parent) {
                self.lock(&default, Lock::AccessExclusive);
            }
        }
        let members = if self.kind(name) == Some(Kind::Partitioned) { self.tree(name) } else { vec![name.clone()] };
        for member in members {
            self.drop_relation(&member, cascade);
            for key in self.facts.foreign_keys(&member) {
                self.lock_partitions(&key.referenced, Lock::AccessExclusive);
            }
        }
    }

    fn drop_relation(&mut self, name: &QualifiedName, cascade: bool) {
        self.lock(name, Lock::AccessExclusive);
        self.lock_indexes(name, Lock::AccessExclusive, false);
        if cascade {
            self.lock_dependents(&self.facts.dependents(name, None));
        }
    }

    fn drop_index(&mut self, name: &QualifiedName, concurrently: bool) {
        let lock = if concurrently { Lock::ShareUpdateExclusive } else { Lock::AccessExclusive };
        let members = if self.whole { self.tree(name) } else { vec![name.clone()] };
        for member in members {
            if let Some(index) = self.facts.index(&member).found() {
                self.lock(&index.table, lock);
                self.lock_index(&member, lock);
            }
        }
    }

    /// Other relations that go, or lose a constraint, a default or a policy.
    pub(super) fn lock_dependents(&mut self, dependents: &[Dependent]) {
        for dependent in dependents {
            let relation = dependent.relation.as_ref().filter(|name| name.schema.as_deref() != Some("pg_toast"));
            let Some(relation) = relation else { continue };
            if dependent.is_index {
                self.lock_index(relation, Lock::AccessExclusive);
            } else {
                self.lock(relation, Lock::AccessExclusive);
            }
        }
    }
}
