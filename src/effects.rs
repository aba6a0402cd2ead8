//! What a statement locks, reads, writes again and builds, relation by relation, before it runs.
//!
//! The lock matrix (pgrx-tests/data) holds what the servers were seen to do; a test compares.
#![forbid(unsafe_code)]

use crate::ast::{
    AlterDomain, CreateIndex, CreateTable, DomainAction, Lock, QualifiedName, Reindex, ReindexKind, Rename, RenameKind,
    Statement,
};
use crate::facts::{Facts, Index, Kind, Lookup, Relation};

mod alter_table;
mod constraint;
mod drop;

/// What happens to one relation.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Its schema and name.
    pub name: QualifiedName,
    /// It is an index.
    pub is_index: bool,
    /// The strongest lock that the statement takes on it.
    pub lock: Lock,
    /// What is done under that lock.
    pub work: Work,
}

/// Work under a lock. It grows with the size of the relation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Work {
    /// Every row is read.
    pub scanned: bool,
    /// Each row is looked up in another table.
    pub looked_up: bool,
    /// The table is written again, or the index built again, in a new file.
    pub rewritten: bool,
    /// The table loses all rows, and has a new file for that.
    pub emptied: bool,
    /// Indexes that are built for the first time.
    pub builds: Vec<String>,
}

impl Work {
    /// Nothing that grows with the relation.
    #[must_use]
    pub fn is_none(&self) -> bool {
        !self.scanned && !self.rewritten && !self.emptied && self.builds.is_empty()
    }
}

/// All that a statement does, in the order it does it.
#[derive(Debug, Default)]
pub struct Effects {
    relations: Vec<Effect>,
    doubts: Vec<(QualifiedName, String)>,
}

/// The effects of one statement.
#[must_use]
pub fn of(statement: &Statement, facts: &dyn Facts) -> Effects {
    collected(statement, facts, true)
}

/// The locks of one statement alone, without its work, indexes, or the members of a tree beside its root: what the
/// guard asks before every statement, and what must cost little.
#[must_use]
pub fn locks_of(statement: &Statement, facts: &dyn Facts) -> Effects {
    collected(statement, facts, false)
}

fn collected(statement: &Statement, facts: &dyn Facts, whole: bool) -> Effects {
    let mut of = Collector { facts, effects: Effects::default(), whole };
    if !statement.finds_nothing(|name| facts.exists(name)) {
        of.statement(statement);
    }
    of.effects
}

impl Effects {
    /// Relations that are locked.
    #[must_use]
    pub fn relations(&self) -> &[Effect] {
        &self.relations
    }

    /// What could not be told of a relation, and why.
    #[must_use]
    pub fn doubts(&self) -> &[(QualifiedName, String)] {
        &self.doubts
    }

    fn entry(&mut self, name: &QualifiedName, is_index: bool, lock: Lock) -> &mut Effect {
        let place = self.relations.iter().position(|known| known.name == *name).unwrap_or_else(|| {
            let work = Work::default();
            self.relations.push(Effect { name: name.clone(), is_index, lock, work });
            self.relations.len() - 1
        });
        let effect = &mut self.relations[place];
        effect.lock = effect.lock.max(lock);
        effect
    }
}

/// Collects effects with the facts at hand.
struct Collector<'a> {
    facts: &'a dyn Facts,
    effects: Effects,
    /// Work, indexes and members of trees as well.
    whole: bool,
}

impl Collector<'_> {
    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::CreateTable(create) => self.create_table(create),
            Statement::CreateTableAs { table, reads, if_not_exists, no_data, .. } => {
                if *no_data {
                    self.lock_each(reads, Lock::AccessShare);
                } else if !(*if_not_exists && self.facts.exists(table)) {
                    self.read(reads);
                }
            }
            Statement::CreateView { view, replace, reads, .. } => {
                self.lock_each(reads, Lock::AccessShare);
                if *replace {
                    self.lock(view, Lock::AccessExclusive);
                }
            }
            Statement::CreateIndex(index) => self.create_index(index),
            Statement::AlterTable { table, actions, lock, .. } => self.alter_table(table, actions, *lock),
            Statement::Rename(rename) => self.rename(rename),
            Statement::SetSchema { relation } => self.lock(relation, Lock::AccessExclusive),
            Statement::Drop(drop) => self.drop(drop),
            Statement::CreateSchema { elements, .. } => elements.iter().for_each(|element| self.statement(element)),
            Statement::Truncate { tables, cascade } => self.truncate(tables, *cascade),
            Statement::Refresh { view, concurrently, no_data } => self.refresh(view, *concurrently, *no_data),
            Statement::Reindex(reindex) => self.reindex(reindex),
            Statement::Vacuum { full: true, tables, .. } => tables.iter().for_each(|table| self.rewrite_tree(table)),
            Statement::Vacuum { tables, analyze_only, .. } => self.vacuum(tables, *analyze_only),
            Statement::Cluster { table } => self.rewrite_tree(table),
            Statement::LockTable { tables, lock } => tables.iter().for_each(|table| self.lock_table(table, *lock)),
            Statement::AlterDomain(domain) => self.alter_domain(domain),
            _ => self.small(statement),
        }
    }

    /// Statements that touch the catalog alone, under a lock on one or a few relations.
    fn small(&mut self, statement: &Statement) {
        match statement {
            Statement::CreateTrigger { table, row, from, .. } => {
                self.lock(table, Lock::ShareRowExclusive);
                if *row {
                    self.lock_partitions(table, Lock::ShareRowExclusive);
                }
                if let Some(from) = from {
                    self.lock(from, Lock::AccessShare);
                }
            }
            Statement::CreateRule { table, .. } => self.lock(table, Lock::AccessExclusive),
            Statement::Policy { table, reads, .. } => {
                self.lock(table, Lock::AccessExclusive);
                self.lock_each(reads, Lock::AccessShare);
            }
            Statement::CreateStatistics { tables } | Statement::Publication { tables } => {
                self.lock_each(tables, Lock::ShareUpdateExclusive);
            }
            Statement::Write(write) => self.lock_tree(&write.table, Lock::RowExclusive),
            Statement::Comment { relation, on_member: true } => self.lock(relation, Lock::AccessShare),
            Statement::Comment { relation, .. } => self.lock(relation, Lock::ShareUpdateExclusive),
            // From 18 on GRANT opens what it names.
            Statement::Grant(grant) if self.facts.server_major() >= 18 => {
                self.lock_each(&grant.relations, Lock::AccessShare);
            }
            _ => {}
        }
    }

    fn create_table(&mut self, create: &CreateTable) {
        if create.if_not_exists && self.facts.exists(&create.table) {
            return;
        }
        for constraint in create.constraints.iter().chain(create.inline_constraints()) {
            self.foreign_key_of_new_table(constraint);
        }
        for source in &create.likes {
            self.lock(source, Lock::AccessShare);
        }
        for parent in &create.parents {
            if create.is_partition {
                self.new_partition(parent, &create.bound);
            } else {
                self.lock(parent, Lock::ShareUpdateExclusive);
            }
        }
    }

    fn create_index(&mut self, index: &CreateIndex) {
        let lock = if index.concurrently { Lock::ShareUpdateExclusive } else { Lock::Share };
        self.lock_partitions(&index.table, lock);
        if !self.whole {
            return;
        }
        let named = |known: &Index| index.name.as_ref() == Some(&known.name);
        if index.if_not_exists && self.facts.indexes(&index.table).iter().any(named) {
            return;
        }
        let name = index.name.clone().unwrap_or_default();
        for member in self.partitions(&index.table) {
            // What a partition has already is taken over.
            let is_partition = !self.is_same(&member, &index.table);
            let served = |known: &Index| index.is_served_by(known);
            let existing = is_partition.then(|| self.facts.indexes(&member).into_iter().find(served)).flatten();
            if let Some(existing) = existing {
                self.lock_index(&QualifiedName::new(existing.schema, existing.name), Lock::Share);
            } else if self.has_storage(&member) {
                self.scan(&member);
                self.work(&member, |work| work.builds.push(name.clone()));
            }
        }
    }

    fn rename(&mut self, rename: &Rename) {
        let relation = &rename.relation;
        match rename.kind {
            RenameKind::Index => self.lock(relation, Lock::ShareUpdateExclusive),
            RenameKind::Column => self.lock_tree(relation, Lock::AccessExclusive),
            RenameKind::Constraint => self.rename_constraint(relation, rename.member.as_deref().unwrap_or_default()),
            RenameKind::Trigger => self.lock_partitions(relation, Lock::AccessExclusive),
            RenameKind::Table | RenameKind::View | RenameKind::ViewColumn | RenameKind::Member => {
                self.lock(relation, Lock::AccessExclusive);
            }
            RenameKind::Attribute => {
                for table in self.facts.typed_tables(relation) {
                    self.lock(&table, Lock::AccessExclusive);
                }
            }
            RenameKind::Sequence | RenameKind::Schema | RenameKind::Other => {}
        }
    }

    fn vacuum(&mut self, tables: &[QualifiedName], analyze_only: bool) {
        let follows_children = !analyze_only || self.facts.server_major() >= 18;
        for table in tables {
            if follows_children || self.kind(table) == Some(Kind::Partitioned) {
                self.lock_tree(table, Lock::ShareUpdateExclusive);
            } else {
                self.lock_tree(table, Lock::AccessShare);
                self.lock(table, Lock::ShareUpdateExclusive);
            }
        }
    }

    /// LOCK TABLE goes through views.
    fn lock_table(&mut self, table: &QualifiedName, lock: Lock) {
        if self.kind(table) == Some(Kind::View) {
            self.lock(table, lock);
            for below in self.facts.read_by_view(table) {
                self.lock_table(&below, lock);
            }
        } else {
            self.lock_tree(table, lock);
        }
    }

    fn truncate(&mut self, tables: &[QualifiedName], cascade: bool) {
        let mut waiting: Vec<QualifiedName> = tables.iter().flat_map(|table| self.tree(table)).collect();
        let mut seen: Vec<QualifiedName> = Vec::new();
        while let Some(table) = waiting.pop() {
            if seen.contains(&table) {
                continue;
            }
            self.lock(&table, Lock::AccessExclusive);
            if self.has_storage(&table) {
                self.work(&table, |work| work.emptied = true);
                self.lock_indexes(&table, Lock::AccessExclusive, true);
            }
            if cascade {
                let referencing = self.facts.referenced_by(&table);
                waiting.extend(referencing.into_iter().flat_map(|reference| self.tree(&reference.table)));
            }
            seen.push(table);
        }
    }

    fn refresh(&mut self, view: &QualifiedName, concurrently: bool, no_data: bool) {
        let Some(view) = self.canonical(view) else { return };
        if !no_data {
            let reads = self.facts.read_by_view(&view);
            self.read(&reads);
        }
        if concurrently {
            self.lock(&view, Lock::Exclusive);
            self.work(&view, |work| work.scanned = true);
            return self.lock_indexes(&view, Lock::RowExclusive, false);
        }
        self.rewrite(&view);
        if no_data {
            self.work(&view, |work| *work = Work { emptied: true, ..Work::default() });
        }
    }

    fn reindex(&mut self, reindex: &Reindex) {
        let table = match reindex.kind {
            ReindexKind::Index => self.facts.index(&reindex.name).found().map(|index| index.table),
            ReindexKind::Table => Some(reindex.name.clone()),
            ReindexKind::Other => None,
        };
        let Some(table) = table else { return };
        let (on_table, on_index) = if reindex.concurrently {
            (Lock::ShareUpdateExclusive, Lock::ShareUpdateExclusive)
        } else {
            (Lock::Share, Lock::AccessExclusive)
        };
        let members = if reindex.kind == ReindexKind::Table { self.tree(&table) } else { vec![table] };
        for member in members {
            self.lock(&member, on_table);
            let rebuilt = match reindex.kind {
                ReindexKind::Index => self.canonical(&reindex.name).into_iter().collect(),
                _ => self.index_names(&member),
            };
            if !rebuilt.is_empty() {
                self.work(&member, |work| work.scanned = true);
            }
            for index in rebuilt {
                self.effects.entry(&index, true, on_index).work.rewritten = true;
            }
        }
    }

    fn alter_domain(&mut self, domain: &AlterDomain) {
        let checks = match &domain.action {
            DomainAction::AddConstraint(constraint) => !constraint.not_valid,
            DomainAction::SetNotNull | DomainAction::Validate { .. } => true,
            DomainAction::Other => false,
        };
        if !checks {
            return;
        }
        for user in self.facts.uses_of_type(&domain.domain) {
            self.lock(&user.table, Lock::Share);
            self.scan(&user.table);
        }
    }

    /// Relations that a query reads, and for a view what it reads in turn.
    fn read(&mut self, names: &[QualifiedName]) {
        for name in names {
            self.lock(name, Lock::AccessShare);
            let Some(relation) = self.relation(name) else { continue };
            match relation.kind {
                Kind::View => {
                    let below = self.facts.read_by_view(name);
                    self.read(&below);
                }
                _ => {
                    for member in self.tree(name) {
                        self.lock(&member, Lock::AccessShare);
                        self.scan(&member);
                    }
                }
            }
        }
    }

    /// A table written again, with all its indexes.
    fn rewrite(&mut self, table: &QualifiedName) {
        self.lock(table, Lock::AccessExclusive);
        self.work(table, |work| {
            work.rewritten = true;
            work.scanned = true;
        });
        self.lock_indexes(table, Lock::AccessExclusive, true);
    }

    fn rewrite_tree(&mut self, table: &QualifiedName) {
        for member in self.tree(table) {
            self.lock(&member, Lock::AccessExclusive);
            if self.has_storage(&member) {
                self.rewrite(&member);
            }
        }
    }

    fn scan_tree(&mut self, table: &QualifiedName) {
        if !self.whole {
            return;
        }
        for member in self.tree(table) {
            self.scan(&member);
        }
    }

    /// Every row of a relation that is locked already, where it has any.
    fn scan(&mut self, table: &QualifiedName) {
        if !self.whole {
            return;
        }
        let relation = self.facts.relation(&QualifiedName { only: true, ..table.clone() }).found();
        if relation.is_some_and(|relation| has_storage(&relation) && !relation.is_empty()) {
            self.work(table, |work| work.scanned = true);
        }
    }

    fn lock(&mut self, name: &QualifiedName, lock: Lock) {
        if let Some(relation) = self.relation(name) {
            let canonical = relation.qualified_name();
            self.effects.entry(&canonical, relation.kind == Kind::Index, lock);
        }
    }

    fn lock_tree(&mut self, name: &QualifiedName, lock: Lock) {
        for member in self.tree(name) {
            self.lock(&member, lock);
        }
    }

    fn lock_each(&mut self, names: &[QualifiedName], lock: Lock) {
        for name in names {
            self.lock(name, lock);
        }
    }

    fn lock_partitions(&mut self, name: &QualifiedName, lock: Lock) {
        for member in self.partitions(name) {
            self.lock(&member, lock);
        }
    }

    /// A partitioned table with its partitions; children by INHERITS are left alone.
    fn partitions(&self, name: &QualifiedName) -> Vec<QualifiedName> {
        if self.kind(name) == Some(Kind::Partitioned) {
            self.tree(name)
        } else {
            self.canonical(name).into_iter().collect()
        }
    }

    fn scan_partitions(&mut self, name: &QualifiedName) {
        for member in self.partitions(name) {
            self.scan(&member);
        }
    }

    fn is_same(&self, one: &QualifiedName, other: &QualifiedName) -> bool {
        self.canonical(one) == self.canonical(other)
    }

    fn lock_indexes(&mut self, table: &QualifiedName, lock: Lock, rewritten: bool) {
        if !self.whole {
            return;
        }
        for index in self.index_names(table) {
            self.effects.entry(&index, true, lock).work.rewritten |= rewritten;
        }
    }

    fn lock_index(&mut self, index: &QualifiedName, lock: Lock) {
        self.effects.entry(index, true, lock);
    }

    fn work(&mut self, name: &QualifiedName, change: impl FnOnce(&mut Work)) {
        if !self.whole {
            return;
        }
        if let Some(name) = self.canonical(name) {
            change(&mut self.effects.entry(&name, false, Lock::AccessShare).work);
        }
    }

    fn doubt(&mut self, name: &QualifiedName, reason: String) {
        self.effects.doubts.push((name.clone(), reason));
    }

    /// The answer to a question of yes and no; where there is none, the doubt is noted and the worse is taken.
    fn unless_proven(&mut self, name: &QualifiedName, proven: Lookup<bool>) -> bool {
        match proven {
            Lookup::Found(proven) => !proven,
            Lookup::Missing => false,
            Lookup::NotChecked(reason) => {
                self.doubt(name, reason);
                true
            }
        }
    }

    fn relation(&self, name: &QualifiedName) -> Option<Relation> {
        self.facts.relation(name).found()
    }

    fn kind(&self, name: &QualifiedName) -> Option<Kind> {
        self.relation(name).map(|relation| relation.kind)
    }

    fn canonical(&self, name: &QualifiedName) -> Option<QualifiedName> {
        self.relation(name).map(|relation| relation.qualified_name())
    }

    fn tree(&self, name: &QualifiedName) -> Vec<QualifiedName> {
        if self.whole { self.facts.tree(name) } else { self.canonical(name).into_iter().collect() }
    }

    fn index_names(&self, table: &QualifiedName) -> Vec<QualifiedName> {
        if !self.whole {
            return Vec::new();
        }
        self.facts.indexes(table).into_iter().map(|index| QualifiedName::new(index.schema, index.name)).collect()
    }

    fn has_storage(&self, name: &QualifiedName) -> bool {
        self.relation(name).is_some_and(|relation| has_storage(&relation))
    }
}

fn has_storage(relation: &Relation) -> bool {
    matches!(relation.kind, Kind::Table | Kind::MaterializedView)
}
