//! The database as a script has changed it so far, without a statement of it having run.
#![forbid(unsafe_code)]

use super::{
    Attachment, Change, Column, ColumnType, ConstraintOf, ConstraintType, Dependent, Facts, ForeignKeyOf, Holder,
    Index, Kind, Lookup, MadeWorse, Reference, Relation, RowSecurity, Standing, TypeChange, UseOfType, Volatility,
    Worse,
};
use crate::ast::{
    AlterAction, AlterType, ColumnDef, Constraint, ConstraintKind, CreateIndex, CreateTable, DropKind, ForeignKey, Key,
    Located, Opaque, QualifiedName, RenameKind, Statement,
};
use std::collections::{HashMap, HashSet};

/// What a script has made and dropped.
#[derive(Clone, Default)]
struct Changes {
    tables: HashMap<QualifiedName, Made>,
    dropped: HashSet<QualifiedName>,
    indexes: Vec<Index>,
    dropped_indexes: HashSet<QualifiedName>,
    foreign_keys: Vec<(QualifiedName, ForeignKeyOf)>,
    /// The same with all that they demand, by table and name.
    keys: Vec<(QualifiedName, String, ForeignKey)>,
    dropped_keys: HashSet<(QualifiedName, String)>,
    proofs: Vec<Proof>,
    /// Whether row level security is on, where the script says so.
    row_security: HashMap<QualifiedName, bool>,
    /// Tables with a policy that lets somebody in.
    permissive: HashSet<QualifiedName>,
    constraints: Vec<MadeConstraint>,
    lock_timeout: Option<i32>,
    /// By SET LOCAL: until the transaction ends.
    local_lock_timeout: Option<i32>,
    worse: MadeWorse,
}

/// A table that the script has made.
#[derive(Clone)]
struct Made {
    standing: Standing,
    unlogged: bool,
    kind: Kind,
    is_child: bool,
    has_columns: bool,
    columns: HashMap<String, bool>,
    types: HashMap<String, ColumnType>,
    partition_key: Vec<Option<String>>,
}

impl Default for Made {
    fn default() -> Self {
        Self {
            standing: Standing::New,
            unlogged: false,
            kind: Kind::Table,
            is_child: false,
            has_columns: true,
            columns: HashMap::new(),
            types: HashMap::new(),
            partition_key: Vec::new(),
        }
    }
}

fn standing_of_new(temporary: bool) -> Standing {
    if temporary { Standing::Unjudged } else { Standing::New }
}

/// A constraint that the script has added.
#[derive(Clone)]
struct MadeConstraint {
    table: QualifiedName,
    name: String,
    constraint: ConstraintOf,
}

/// A CHECK of the script that a column is not NULL.
#[derive(Clone)]
struct Proof {
    table: QualifiedName,
    constraint: String,
    column: String,
    validated: bool,
}

/// Facts of the server, overlaid by the script.
pub(crate) struct ScriptFacts<'a> {
    live: &'a dyn Facts,
    changes: Changes,
    /// What holds when the transaction is rolled back.
    before: Option<Box<Changes>>,
    in_block: bool,
}

impl<'a> ScriptFacts<'a> {
    pub(crate) fn new(live: &'a dyn Facts) -> Self {
        Self { live, changes: Changes::default(), before: None, in_block: false }
    }

    /// A transaction begins.
    pub(crate) fn begin(&mut self) {
        self.before = Some(Box::new(self.changes.clone()));
    }

    /// Whether the next statement stands in a transaction block, or is a transaction of its own.
    pub(crate) fn set_in_block(&mut self, in_block: bool) {
        self.in_block = in_block;
    }

    /// The transaction commits: tables it made are now shared, and empty.
    pub(crate) fn commit(&mut self) {
        self.before = None;
        for made in self.changes.tables.values_mut().filter(|made| made.standing == Standing::New) {
            made.standing = Standing::Shared;
        }
        for made in &mut self.changes.constraints {
            made.constraint.made_in_this_transaction = false;
        }
        self.changes.local_lock_timeout = None;
        self.changes.worse.clear();
    }

    /// The transaction is rolled back.
    pub(crate) fn rollback(&mut self) {
        if let Some(before) = self.before.take() {
            self.changes = *before;
        }
    }

    /// What the transaction has made worse so far.
    pub(crate) fn worse(&self) -> &MadeWorse {
        &self.changes.worse
    }

    /// Takes a statement's changes over; `alone` when it is a transaction of its own.
    pub(crate) fn apply(&mut self, located: &Located, alone: bool) {
        self.apply_statement(&located.statement, located.start, alone);
    }

    fn apply_statement(&mut self, statement: &Statement, at: usize, alone: bool) {
        match statement {
            Statement::CreateTable(create) => self.create_table(create, at, alone),
            Statement::CreateTableAs { table, temporary, materialized, .. } => {
                self.make(table, Made { standing: standing_of_new(*temporary), ..Made::default() });
                if !materialized {
                    self.note(table, Change::Key, at, alone);
                }
            }
            Statement::CreateIndex(index) => self.create_index(index),
            Statement::AlterTable { table, actions, .. } => {
                for action in actions {
                    self.alter(table, action, at);
                }
            }
            Statement::Policy { table, permissive: true } => {
                self.changes.permissive.insert(self.key(table));
            }
            Statement::Rename(rename) if rename.kind == RenameKind::Table => self.rename(&rename.relation, &rename.to),
            Statement::Drop(drop) => {
                for name in &drop.names {
                    self.drop(drop.kind, name, at);
                }
            }
            Statement::CreateSchema { elements, .. } => {
                for element in elements {
                    self.apply_statement(element, at, alone);
                }
            }
            Statement::Set { name, value, local } if name == "lock_timeout" => {
                let value = value.as_deref().and_then(milliseconds);
                if *local {
                    self.changes.local_lock_timeout = value;
                } else {
                    (self.changes.lock_timeout, self.changes.local_lock_timeout) = (value, None);
                }
            }
            _ => {}
        }
    }

    fn create_table(&mut self, create: &CreateTable, at: usize, alone: bool) {
        if create.foreign || (create.if_not_exists && self.exists(&create.table)) {
            return;
        }
        let made = Made {
            standing: standing_of_new(create.temporary),
            unlogged: create.unlogged,
            kind: if create.partitioned { Kind::Partitioned } else { Kind::Table },
            is_child: !create.parents.is_empty(),
            has_columns: !create.columns.is_empty() || create.copies_definition,
            columns: create.columns.iter().map(|column| (column.name.clone(), column.not_null)).collect(),
            partition_key: create.partition_key.clone(),
            types: create.columns.iter().filter_map(|column| self.named_type(column)).collect(),
        };
        self.make(&create.table, made);
        if create.temporary {
            return;
        }
        let inline = create.columns.iter().flat_map(|column| &column.constraints);
        for constraint in create.constraints.iter().chain(inline) {
            self.add_constraint(&create.table, constraint, at, alone);
        }
        if !create.copies_definition {
            self.note(&create.table, Change::Key, at, alone);
        }
    }

    fn named_type(&self, column: &ColumnDef) -> Option<(String, ColumnType)> {
        self.live.type_of_new(column).map(|type_| (column.name.clone(), type_))
    }

    fn make(&mut self, table: &QualifiedName, made: Made) {
        let name = self.key(table);
        self.changes.dropped.remove(&name);
        self.changes.tables.insert(name, made);
    }

    fn create_index(&mut self, index: &CreateIndex) {
        let name = index.name.clone().unwrap_or_else(|| {
            let columns: Vec<_> = index.columns.iter().map(|c| c.clone().unwrap_or_else(|| "expr".into())).collect();
            self.live.object_name(&index.table.name, &columns, "idx")
        });
        let keys_not_null = self.all_not_null(&index.table, &index.columns);
        let table = self.key(&index.table);
        self.changes.indexes.push(Index {
            schema: table.schema.clone().unwrap_or_default(),
            name,
            primary: false,
            identifies: index.unique && !index.partial && keys_not_null,
            searchable: index.btree && (!index.partial || index.leaves_out_only_nulls) && !index.table.only,
            of_constraint: false,
            partitioned: false,
            columns: index.columns.clone(),
            table,
        });
    }

    fn all_not_null(&self, table: &QualifiedName, columns: &[Option<String>]) -> bool {
        columns.iter().all(|column| {
            column.as_ref().is_some_and(|column| self.column(table, column).found().is_some_and(|c| c.not_null))
        })
    }

    fn alter(&mut self, table: &QualifiedName, action: &AlterAction, at: usize) {
        match action {
            AlterAction::AddColumn { column, .. } => {
                let key = self.key(table);
                let type_ = self.named_type(column);
                if let Some(made) = self.changes.tables.get_mut(&key) {
                    made.columns.insert(column.name.clone(), column.not_null);
                    made.types.extend(type_);
                }
                for constraint in &column.constraints {
                    self.add_constraint(table, constraint, at, false);
                }
            }
            AlterAction::AlterType(change) => {
                let key = self.key(table);
                let type_ = self.live.type_named(&change.type_name).found();
                if let Some(made) = self.changes.tables.get_mut(&key) {
                    made.types.extend(type_.map(|type_| (change.column.clone(), type_)));
                }
            }
            AlterAction::AddConstraint(constraint) => self.add_constraint(table, constraint, at, false),
            AlterAction::EnableRowSecurity => {
                self.changes.row_security.insert(self.key(table), true);
                self.note(table, Change::RowSecurity, at, false);
            }
            AlterAction::DisableRowSecurity => {
                self.changes.row_security.insert(self.key(table), false);
            }
            AlterAction::ValidateConstraint { name } => {
                let key = self.key(table);
                for proof in self.changes.proofs.iter_mut().filter(|p| p.table == key && p.constraint == *name) {
                    proof.validated = true;
                }
                for made in self.changes.constraints.iter_mut().filter(|m| m.table == key && m.name == *name) {
                    made.constraint.validated = true;
                }
            }
            AlterAction::DropConstraint { name, .. } => {
                let key = self.key(table);
                self.changes.constraints.retain(|made| made.table != key || made.name != *name);
                self.changes.keys.retain(|(table, key_name, _)| *table != key || key_name != name);
                self.changes.dropped_keys.insert((key, name.clone()));
                self.lose_index(table, |index| index.of_constraint && index.name == *name, at);
            }
            AlterAction::DropColumn { column, .. } => {
                self.lose_index(table, |index| index.columns.contains(&Some(column.clone())), at);
            }
            _ => {}
        }
    }

    fn add_constraint(&mut self, table: &QualifiedName, constraint: &Constraint, at: usize, alone: bool) {
        let key = self.key(table);
        self.note_constraint(&key, constraint);
        let name = |columns: &[String], label: &str| {
            constraint.name.clone().unwrap_or_else(|| self.live.object_name(&table.name, columns, label))
        };
        match &constraint.kind {
            ConstraintKind::ForeignKey(foreign_key) => {
                let made = ForeignKeyOf {
                    name: name(&foreign_key.columns, "fkey"),
                    columns: foreign_key.columns.clone(),
                    referenced: foreign_key.referenced.clone(),
                };
                self.changes.keys.push((key.clone(), made.name.clone(), foreign_key.clone()));
                self.changes.foreign_keys.push((key, made));
                self.note(table, Change::ForeignKey(foreign_key.columns.clone()), at, alone);
            }
            ConstraintKind::PrimaryKey(columns) => {
                let name = name(&[], "pkey");
                self.add_key_index(key, name, columns, true);
            }
            ConstraintKind::Unique(columns) => {
                let name = name(&columns.columns, "key");
                self.add_key_index(key, name, columns, false);
            }
            ConstraintKind::Check { not_null: Some(column), .. } => self.changes.proofs.push(Proof {
                constraint: name(std::slice::from_ref(column), "check"),
                column: column.clone(),
                validated: !constraint.not_valid,
                table: key,
            }),
            _ => {}
        }
    }

    fn note_constraint(&mut self, table: &QualifiedName, constraint: &Constraint) {
        let Some(name) = constraint.name.clone() else { return };
        let (kind, columns, referenced) = match &constraint.kind {
            ConstraintKind::Check { .. } => (ConstraintType::Check, Vec::new(), None),
            ConstraintKind::ForeignKey(key) => {
                (ConstraintType::ForeignKey, key.columns.clone(), Some(key.referenced.clone()))
            }
            ConstraintKind::Unique(key) => (ConstraintType::Unique, key.columns.clone(), None),
            ConstraintKind::PrimaryKey(key) => (ConstraintType::PrimaryKey, key.columns.clone(), None),
            ConstraintKind::NotNull { column } => (ConstraintType::NotNull, vec![column.clone()], None),
            ConstraintKind::Exclude => (ConstraintType::Exclusion, Vec::new(), None),
        };
        let constraint = ConstraintOf {
            kind,
            validated: !constraint.not_valid,
            columns,
            referenced,
            index: None,
            made_in_this_transaction: true,
        };
        self.changes.constraints.push(MadeConstraint { table: table.clone(), name, constraint });
    }

    fn add_key_index(&mut self, table: QualifiedName, name: String, key: &Key, primary: bool) {
        let columns: Vec<_> = key.columns.iter().cloned().map(Some).collect();
        let identifies = primary || self.all_not_null(&table, &columns);
        // What USING INDEX takes over had its columns from CREATE INDEX.
        let taken_over = key.using_index.as_ref().and_then(|using| {
            self.indexes(&table).into_iter().find(|index| index.name == *using).map(|index| index.columns)
        });
        self.changes.indexes.push(Index {
            schema: table.schema.clone().unwrap_or_default(),
            name,
            columns: taken_over.unwrap_or(columns),
            primary,
            identifies,
            searchable: true,
            of_constraint: true,
            partitioned: false,
            table,
        });
    }

    fn drop(&mut self, kind: DropKind, name: &QualifiedName, at: usize) {
        match kind {
            DropKind::Table => {
                let key = self.key(name);
                self.changes.tables.remove(&key);
                self.changes.foreign_keys.retain(|(table, _)| *table != key);
                self.changes.keys.retain(|(table, ..)| *table != key);
                self.changes.indexes.retain(|index| index.table != key);
                self.changes.worse.retain(|worse| worse.table != key);
                self.changes.dropped.insert(key);
            }
            DropKind::Index => {
                if let Lookup::Found(index) = self.index(name) {
                    let table = index.table.clone();
                    self.lose_index(&table, |other| other.name == index.name, at);
                }
            }
            _ => {}
        }
    }

    /// What the script has made goes by its new name.
    fn rename(&mut self, table: &QualifiedName, to: &str) {
        let old = self.key(table);
        let new = QualifiedName { name: to.to_owned(), ..old.clone() };
        let Some(made) = self.changes.tables.remove(&old) else { return };
        self.changes.tables.insert(new.clone(), made);
        let indexes = self.changes.indexes.iter_mut().map(|index| &mut index.table);
        let keys = self.changes.foreign_keys.iter_mut().map(|(table, _)| table);
        let whole_keys = self.changes.keys.iter_mut().map(|(table, ..)| table);
        let worse = self.changes.worse.iter_mut().map(|worse| &mut worse.table);
        for name in indexes.chain(keys).chain(whole_keys).chain(worse).filter(|name| **name == old) {
            name.clone_from(&new);
        }
    }

    /// Indexes of a table go, and with them perhaps its key, or what its foreign keys are looked up by.
    fn lose_index(&mut self, table: &QualifiedName, lost: impl Fn(&Index) -> bool, at: usize) {
        for index in self.indexes(table).into_iter().filter(|index| lost(index)) {
            if index.primary || index.identifies {
                self.note(table, Change::Key, at, false);
            }
            for key in self.foreign_keys(table).into_iter().filter(|key| index.serves(&key.columns)) {
                self.note(table, Change::ForeignKey(key.columns), at, false);
            }
            self.changes.indexes.retain(|other| other.table != index.table || other.name != index.name);
            self.changes.dropped_indexes.insert(QualifiedName::new(index.schema, index.name));
        }
    }

    fn note(&mut self, table: &QualifiedName, what: Change, at: usize, alone: bool) {
        let table = self.key(table);
        if !self.changes.worse.iter().any(|worse| worse.table == table && worse.what == what) {
            self.changes.worse.push(Worse { table, what, alone, at: Some(at) });
        }
    }

    /// One name for a table, whether or not its schema is written: where it is, or where a CREATE would put it.
    fn key(&self, name: &QualifiedName) -> QualifiedName {
        if let Lookup::Found(relation) = self.live.relation(name) {
            return QualifiedName::new(relation.schema, relation.name);
        }
        QualifiedName {
            schema: name.schema.clone().or_else(|| self.live.creation_schema()),
            name: name.name.clone(),
            only: false,
            at: None,
        }
    }
}

/// `2s`, `500`, `1min` as the server reads a time setting; its own unit is milliseconds.
fn milliseconds(value: &str) -> Option<i32> {
    let value = value.trim();
    let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let number: f64 = value.get(..digits)?.parse().ok()?;
    let factor = match value.get(digits..)?.trim() {
        "" | "ms" => 1.0,
        "us" => 0.001,
        "s" => 1_000.0,
        "min" => 60_000.0,
        "h" => 3_600_000.0,
        "d" => 86_400_000.0,
        _ => return None,
    };
    #[expect(clippy::cast_possible_truncation, reason = "only whether it is zero matters")]
    Some((number * factor).ceil() as i32)
}

impl Facts for ScriptFacts<'_> {
    fn server_major(&self) -> u32 {
        self.live.server_major()
    }

    /// What neither script nor database knows is taken to exist, and to be large.
    fn relation(&self, name: &QualifiedName) -> Lookup<Relation> {
        let key = self.key(name);
        if let Some(made) = self.changes.tables.get(&key) {
            return Lookup::Found(Relation {
                schema: key.schema.unwrap_or_default(),
                name: key.name,
                kind: made.kind,
                standing: made.standing,
                unlogged: made.unlogged,
                has_columns: made.has_columns,
                rows: Some(0.0),
                bytes: Some(0),
                large: false,
            });
        }
        if self.changes.dropped.contains(&key) {
            return Lookup::Missing;
        }
        match self.live.relation(name) {
            Lookup::Missing => Lookup::Found(Relation {
                schema: name.schema.clone().unwrap_or_default(),
                name: name.name.clone(),
                kind: Kind::Table,
                standing: Standing::Shared,
                unlogged: false,
                has_columns: true,
                rows: None,
                bytes: None,
                large: true,
            }),
            known => known,
        }
    }

    fn exists(&self, name: &QualifiedName) -> bool {
        let key = self.key(name);
        self.changes.tables.contains_key(&key) || (!self.changes.dropped.contains(&key) && self.live.exists(name))
    }

    fn is_child(&self, name: &QualifiedName) -> bool {
        self.changes.tables.get(&self.key(name)).map_or_else(|| self.live.is_child(name), |made| made.is_child)
    }

    fn index(&self, name: &QualifiedName) -> Lookup<Index> {
        let made =
            self.changes.indexes.iter().find(|index| {
                index.name == name.name && name.schema.as_ref().is_none_or(|schema| *schema == index.schema)
            });
        if let Some(index) = made {
            return Lookup::Found(index.clone());
        }
        match self.live.index(name) {
            Lookup::Missing => Lookup::Found(Index {
                schema: name.schema.clone().unwrap_or_default(),
                name: name.name.clone(),
                table: QualifiedName::default(),
                columns: Vec::new(),
                primary: false,
                identifies: false,
                searchable: false,
                of_constraint: false,
                partitioned: false,
            }),
            known => known,
        }
    }

    fn column(&self, table: &QualifiedName, column: &str) -> Lookup<Column> {
        match self.changes.tables.get(&self.key(table)) {
            Some(made) => made
                .columns
                .get(column)
                .map_or(Lookup::Missing, |not_null| Lookup::Found(Column { not_null: *not_null, null_fraction: None })),
            None => match self.live.relation(table) {
                Lookup::Missing => Lookup::Found(Column { not_null: false, null_fraction: None }),
                _ => self.live.column(table, column),
            },
        }
    }

    fn indexes(&self, table: &QualifiedName) -> Vec<Index> {
        let key = self.key(table);
        let mut indexes = if self.changes.tables.contains_key(&key) { Vec::new() } else { self.live.indexes(table) };
        indexes.retain(|index| {
            !self.changes.dropped_indexes.contains(&QualifiedName::new(index.schema.clone(), index.name.clone()))
        });
        indexes.extend(self.changes.indexes.iter().filter(|index| index.table == key).cloned());
        indexes
    }

    fn foreign_keys(&self, table: &QualifiedName) -> Vec<ForeignKeyOf> {
        let key = self.key(table);
        let mut keys = if self.changes.tables.contains_key(&key) { Vec::new() } else { self.live.foreign_keys(table) };
        keys.extend(self.changes.foreign_keys.iter().filter(|(of, _)| *of == key).map(|(_, made)| made.clone()));
        keys
    }

    fn proves_not_null(&self, table: &QualifiedName, column: &str, without: &[&str]) -> Lookup<bool> {
        let key = self.key(table);
        let proved =
            self.changes.proofs.iter().any(|p| {
                p.validated && p.table == key && p.column == column && !without.contains(&p.constraint.as_str())
            });
        match self.live.relation(table) {
            _ if proved => Lookup::Found(true),
            Lookup::Missing => Lookup::Found(false),
            _ => self.live.proves_not_null(table, column, without),
        }
    }

    fn default_volatility(&self, column: &ColumnDef) -> Lookup<Volatility> {
        self.live.default_volatility(column)
    }

    fn type_change(&self, table: &QualifiedName, change: &AlterType) -> Lookup<TypeChange> {
        match self.live.relation(table) {
            Lookup::Missing => Lookup::NotChecked("The table, and so the present type, is not known here.".to_owned()),
            _ => self.live.type_change(table, change),
        }
    }

    fn type_has_default(&self, column: &ColumnDef) -> bool {
        self.live.type_has_default(column)
    }

    fn type_is_constrained(&self, column: &ColumnDef) -> bool {
        self.live.type_is_constrained(column)
    }

    fn equal_foreign_key(&self, table: &QualifiedName, key: &ForeignKey) -> Option<String> {
        let of = self.key(table);
        let referenced = self.key(&key.referenced);
        let columns = |key: &ForeignKey| match key.referenced_columns.as_slice() {
            [] => self.primary_key(&key.referenced),
            named => named.to_vec(),
        };
        let pairs = |key: &ForeignKey| {
            let mut pairs: Vec<_> = key.columns.iter().cloned().zip(columns(key)).collect();
            pairs.sort();
            pairs
        };
        let is_equal = |other: &ForeignKey| {
            self.key(&other.referenced) == referenced && other.options == key.options && pairs(other) == pairs(key)
        };
        let made = self.changes.keys.iter().find(|(table, _, other)| *table == of && is_equal(other));
        match made {
            Some((_, name, _)) => Some(name.clone()),
            None if self.changes.tables.contains_key(&of) => None,
            None => self
                .live
                .equal_foreign_key(table, key)
                .filter(|name| !self.changes.dropped_keys.contains(&(of, name.clone()))),
        }
    }

    fn row_security(&self, table: &QualifiedName) -> RowSecurity {
        let key = self.key(table);
        let mut found =
            if self.changes.tables.contains_key(&key) { RowSecurity::default() } else { self.live.row_security(table) };
        if let Some(enabled) = self.changes.row_security.get(&key) {
            found.enabled = *enabled;
        }
        found.permissive |= self.changes.permissive.contains(&key);
        found
    }

    fn partition_key(&self, table: &QualifiedName) -> Vec<Option<String>> {
        match self.changes.tables.get(&self.key(table)) {
            Some(made) => made.partition_key.clone(),
            None => self.live.partition_key(table),
        }
    }

    fn predicate_is_mutable(&self, index: &CreateIndex) -> Lookup<bool> {
        if self.changes.tables.contains_key(&self.key(&index.table)) {
            return Lookup::NotChecked("The table is not there yet.".to_owned());
        }
        self.live.predicate_is_mutable(index)
    }

    fn is_reserved(&self, name: &str) -> bool {
        self.live.is_reserved(name)
    }

    fn type_named(&self, type_name: &Opaque) -> Lookup<ColumnType> {
        self.live.type_named(type_name)
    }

    fn column_type(&self, table: &QualifiedName, column: &str) -> Lookup<ColumnType> {
        match self.changes.tables.get(&self.key(table)) {
            Some(made) => made.types.get(column).cloned().map_or(Lookup::Missing, Lookup::Found),
            None => self.live.column_type(table, column),
        }
    }

    fn coerces_freely(&self, from: &ColumnType, to: &ColumnType) -> bool {
        self.live.coerces_freely(from, to)
    }

    fn tree(&self, name: &QualifiedName) -> Vec<QualifiedName> {
        let key = self.key(name);
        if self.changes.tables.contains_key(&key) {
            return vec![key];
        }
        let mut tree = self.live.tree(name);
        tree.retain(|member| !self.changes.dropped.contains(member));
        tree
    }

    fn parent(&self, name: &QualifiedName) -> Option<QualifiedName> {
        self.live.parent(name)
    }

    fn default_partition(&self, table: &QualifiedName) -> Option<QualifiedName> {
        self.live.default_partition(table)
    }

    fn holders(&self, name: &QualifiedName) -> Vec<Holder> {
        self.live.holders(name)
    }

    fn attachment(
        &self,
        table: &QualifiedName,
        partition: Option<&QualifiedName>,
        bound: &Opaque,
    ) -> Lookup<Attachment> {
        if partition.is_some_and(|partition| self.changes.tables.contains_key(&self.key(partition))) {
            return Lookup::Found(Attachment::default());
        }
        self.live.attachment(table, partition, bound)
    }

    fn referenced_by(&self, table: &QualifiedName) -> Vec<Reference> {
        let key = self.key(table);
        let mut references =
            if self.changes.tables.contains_key(&key) { Vec::new() } else { self.live.referenced_by(table) };
        let made = self.changes.foreign_keys.iter().filter(|(_, made)| self.key(&made.referenced) == key);
        references.extend(made.map(|(table, made)| Reference {
            constraint: made.name.clone(),
            table: table.clone(),
            columns: made.columns.clone(),
            referenced: Vec::new(),
        }));
        references
    }

    fn constraint(&self, table: &QualifiedName, name: &str) -> Lookup<ConstraintOf> {
        let key = self.key(table);
        let made = self.changes.constraints.iter().rev().find(|made| made.table == key && made.name == name);
        match made {
            Some(made) => Lookup::Found(made.constraint.clone()),
            None if self.changes.tables.contains_key(&key) => Lookup::Missing,
            None => self.live.constraint(table, name),
        }
    }

    fn is_stored(&self, table: &QualifiedName, column: &str) -> bool {
        self.live.is_stored(table, column)
    }

    fn is_checked(&self, table: &QualifiedName, column: &str) -> bool {
        self.live.is_checked(table, column)
    }

    fn moves(&self, relation: &QualifiedName, action: &AlterAction) -> bool {
        self.live.moves(relation, action)
    }

    fn dependents(&self, name: &QualifiedName, column: Option<&str>) -> Vec<Dependent> {
        if self.changes.tables.contains_key(&self.key(name)) { Vec::new() } else { self.live.dependents(name, column) }
    }

    fn dependents_of_type(&self, name: &QualifiedName) -> Vec<Dependent> {
        self.live.dependents_of_type(name)
    }

    fn uses_of_type(&self, name: &QualifiedName) -> Vec<UseOfType> {
        self.live.uses_of_type(name)
    }

    fn typed_tables(&self, name: &QualifiedName) -> Vec<QualifiedName> {
        self.live.typed_tables(name)
    }

    fn indexes_with(&self, table: &QualifiedName, column: &str) -> Vec<QualifiedName> {
        if self.changes.tables.contains_key(&self.key(table)) {
            Vec::new()
        } else {
            self.live.indexes_with(table, column)
        }
    }

    fn read_by_view(&self, view: &QualifiedName) -> Vec<QualifiedName> {
        self.live.read_by_view(view)
    }

    fn relations_of_schema(&self, schema: &str) -> Vec<QualifiedName> {
        self.live.relations_of_schema(schema)
    }

    fn in_transaction_block(&self) -> bool {
        self.in_block
    }

    fn lock_timeout(&self) -> i32 {
        self.changes.local_lock_timeout.or(self.changes.lock_timeout).unwrap_or_else(|| self.live.lock_timeout())
    }

    fn in_use(&self, table: &QualifiedName) -> bool {
        self.live.in_use(table)
    }

    fn creation_schema(&self) -> Option<String> {
        self.live.creation_schema()
    }

    fn quote(&self, name: &str) -> String {
        self.live.quote(name)
    }

    fn object_name(&self, table: &str, columns: &[String], label: &str) -> String {
        self.live.object_name(table, columns, label)
    }
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn times_are_read_as_the_server_reads_them() {
        assert_eq!(milliseconds("0"), Some(0));
        assert_eq!(milliseconds("2s"), Some(2_000));
        assert_eq!(milliseconds(" 500 ms"), Some(500));
        assert_eq!(milliseconds("1.5min"), Some(90_000));
        assert_eq!(milliseconds("soon"), None);
    }
}
