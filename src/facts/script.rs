//! The database as a script has changed it so far, without a statement of it having run.
#![forbid(unsafe_code)]

use super::{
    AddedCheck, Attachment, Change, Column, ColumnType, ConstraintOf, ConstraintType, Deferred, Dependent, Extent,
    Facts, ForeignKeyOf, Holder, Index, Kind, Lookup, MadeWorse, Named, Obstacle, Publication, Reference, Relation,
    RowSecurity, Standing, TypeChange, Usage, UseOfType, Volatility, Worse,
};
use crate::ast::{
    AlterAction, AlterType, ColumnDef, Constraint, ConstraintKind, CreateIndex, CreateTable, DropKind, ForeignKey, Key,
    Located, Lock, Opaque, QualifiedName, RenameKind, ReplicaIdentity, Statement, Transaction,
};
use crate::effects::Effects;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// What a script has made and dropped.
#[derive(Clone, Default)]
struct Changes {
    tables: HashMap<QualifiedName, Made>,
    dropped: HashSet<QualifiedName>,
    indexes: Vec<Index>,
    dropped_indexes: HashSet<QualifiedName>,
    dropped_constraints: HashSet<(QualifiedName, String)>,
    dropped_columns: HashSet<(QualifiedName, String)>,
    /// The index of each REPLICA IDENTITY that the script sets.
    identities: HashMap<QualifiedName, Option<String>>,
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
    /// Tables that the script has put into a publication, or taken out of one.
    republished: HashSet<QualifiedName>,
    /// Locks of the transaction on tables that others share.
    held: Vec<(QualifiedName, Lock)>,
    /// Names of functions and procedures that the script has made.
    functions: HashSet<String>,
    /// What the script sets of [`TIMEOUTS`].
    timeouts: HashMap<&'static str, Timeout>,
    /// Whether indexes that the script has made, or built again, can become a key.
    unfit_indexes: HashMap<QualifiedName, Option<&'static str>>,
    rework: Rework,
    /// Columns that the script has added to tables of others, and whether that has filled them.
    added: HashMap<(QualifiedName, String), bool>,
    /// Tables whose rows the script has written.
    written: HashSet<QualifiedName>,
    /// Columns of tables that the script has not made, and whether they are NOT NULL by now.
    not_null: HashMap<(QualifiedName, String), bool>,
    worse: MadeWorse,
}

/// Settings of a script that rules ask for.
const TIMEOUTS: [&str; 4] =
    ["lock_timeout", "statement_timeout", "transaction_timeout", "idle_in_transaction_session_timeout"];

/// A timeout in milliseconds, as a script sets it; `None` for what it was before.
#[derive(Clone, Copy, Default)]
struct Timeout {
    session: Option<i32>,
    /// By SET LOCAL: until the transaction ends.
    local: Option<i32>,
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
    /// That of a CHECK.
    condition: Option<Opaque>,
    constraint: ConstraintOf,
}

/// What the script may have rid of its obstacles: rather one too few is told than one that is gone.
#[derive(Clone, Default)]
struct Rework {
    /// Views, and tables with triggers, rules and policies.
    relations: HashSet<QualifiedName>,
    /// Columns that are dropped.
    columns: HashSet<(QualifiedName, String)>,
    /// Publications and functions.
    others: bool,
    /// Anything.
    all: bool,
}

impl Rework {
    fn may_have_removed(&self, obstacle: &Obstacle) -> bool {
        let Some(of) = &obstacle.of else { return self.all || self.others };
        let dropped = |column: &String| self.columns.contains(&(of.clone(), column.clone()));
        self.all || self.relations.contains(of) || obstacle.generated.as_ref().is_some_and(dropped)
    }
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
    later: &'a [Located],
    /// The statement that ran last, and what it did.
    previous: Option<(&'a Located, Effects)>,
    changes_schema: bool,
}

impl<'a> ScriptFacts<'a> {
    pub(crate) fn new(live: &'a dyn Facts, script: &[Located]) -> Self {
        let changes_schema = script.iter().any(|located| located.statement.changes_schema());
        Self {
            live,
            changes: Changes::default(),
            before: None,
            in_block: false,
            later: &[],
            previous: None,
            changes_schema,
        }
    }

    /// A transaction begins.
    pub(crate) fn begin(&mut self) {
        self.before = Some(Box::new(self.changes.clone()));
    }

    /// Whether the next statement stands in a transaction block, or is a transaction of its own, and what stands before
    /// and behind it.
    pub(crate) fn set_place(&mut self, in_block: bool, before: Option<&Located>, later: &'a [Located]) {
        (self.in_block, self.later) = (in_block, later);
        self.previous = self.previous.take().filter(|(ran, _)| before.is_some_and(|before| before.start == ran.start));
    }

    /// A statement has run; `alone` when it was a transaction of its own.
    pub(crate) fn run(&mut self, statement: &'a Located, effects: Effects, alone: bool) {
        self.hold(&effects);
        self.apply_statement(&statement.statement, statement.start, alone);
        self.previous = Some((statement, effects));
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
        self.changes.held.clear();
        self.changes.timeouts.values_mut().for_each(|timeout| timeout.local = None);
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

    /// Keeps the locks that a statement takes on tables that others share, until the transaction ends.
    fn hold(&mut self, effects: &Effects) {
        for effect in effects.relations() {
            if effect.is_index || self.shared(&effect.name).is_none() {
                continue;
            }
            match self.changes.held.iter_mut().find(|(held, _)| *held == effect.name) {
                Some((_, lock)) => *lock = effect.lock.max(*lock),
                None => self.changes.held.push((effect.name.clone(), effect.lock)),
            }
        }
    }

    fn apply_statement(&mut self, statement: &Statement, at: usize, alone: bool) {
        self.rework(statement);
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
            Statement::CreateView { view, .. } if !self.exists(view) => {
                self.make(view, Made { kind: Kind::View, ..Made::default() });
            }
            Statement::Write(write) => {
                self.changes.written.insert(self.key(&write.table));
            }
            // What such code fills is not known.
            Statement::Do | Statement::Call { .. } => self.changes.added.clear(),
            Statement::Select(select) if !select.calls.is_empty() => self.changes.added.clear(),
            Statement::Publication { tables } => {
                let tables: Vec<_> = tables.iter().map(|table| self.key(table)).collect();
                self.changes.republished.extend(tables);
            }
            Statement::Policy { table, permissive: true, .. } => {
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
            Statement::Set { name, value, local } => self.set(name, value.as_deref(), *local),
            Statement::CreateFunction { name } => {
                self.changes.functions.insert(name.clone());
            }
            _ => {}
        }
    }

    fn set(&mut self, name: &str, value: Option<&str>, local: bool) {
        let Some(name) = TIMEOUTS.into_iter().find(|known| *known == name) else { return };
        let value = value.and_then(milliseconds);
        let timeout = self.changes.timeouts.entry(name).or_default();
        if local {
            timeout.local = value;
        } else {
            *timeout = Timeout { session: value, local: None };
        }
    }

    /// What the script has set of a timeout.
    fn timeout(&self, name: &str) -> Option<i32> {
        self.changes.timeouts.get(name).and_then(|timeout| timeout.local.or(timeout.session))
    }

    fn rework(&mut self, statement: &Statement) {
        let relations: &[QualifiedName] = match statement {
            Statement::Drop(drop) => {
                self.changes.rework.all |= drop.cascade;
                self.changes.rework.others |= matches!(drop.kind, DropKind::Other);
                &drop.names
            }
            Statement::CreateView { view, .. } => std::slice::from_ref(view),
            Statement::Rename(rename) => std::slice::from_ref(&rename.relation),
            Statement::SetSchema { relation } => std::slice::from_ref(relation),
            Statement::Policy { table, .. }
            | Statement::CreateTrigger { table, .. }
            | Statement::CreateRule { table, .. } => std::slice::from_ref(table),
            Statement::AlterTable { table, actions, .. } => {
                let key = self.key(table);
                for action in actions {
                    match action {
                        AlterAction::DropColumn { column, cascade, .. } => {
                            self.changes.rework.all |= *cascade;
                            self.changes.rework.columns.insert((key.clone(), column.clone()));
                        }
                        AlterAction::Other => {
                            self.changes.rework.relations.insert(key.clone());
                        }
                        _ => {}
                    }
                }
                &[]
            }
            Statement::Publication { .. } | Statement::CreateFunction { .. } | Statement::Other => {
                self.changes.rework.others = true;
                &[]
            }
            Statement::Do | Statement::Call { .. } | Statement::Select(_) => {
                self.changes.rework.all = true;
                &[]
            }
            Statement::Reindex(reindex) => {
                let index = self.key(&reindex.name);
                self.changes.unfit_indexes.insert(index, None);
                &[]
            }
            _ => &[],
        };
        let relations: Vec<_> = relations.iter().map(|name| self.key(name)).collect();
        self.changes.rework.relations.extend(relations);
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
        for constraint in create.constraints.iter().chain(create.inline_constraints()) {
            self.add_constraint(&create.table, constraint, at, alone);
        }
        if !create.copies_definition {
            self.note(&create.table, Change::Key, at, alone);
        }
    }

    /// Whether the rows that are there get a value of a new column.
    fn is_filled(&self, column: &ColumnDef) -> bool {
        let by_itself = column.default.is_some() || column.identity || column.generated || column.serial.is_some();
        by_itself || self.live.type_has_default(column)
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
            let columns = index.naming_columns();
            self.live.object_name(&index.table.name, &columns, "idx")
        });
        let keys_not_null = self.all_not_null(&index.table, &index.columns);
        let table = self.key(&index.table);
        let unfit = [
            (!index.unique, "it is not unique"),
            (index.columns.contains(&None), "it is over an expression"),
            (index.partial, "it is partial, and leaves rows out"),
            (!index.btree, "it is no btree"),
        ];
        let reason = unfit.into_iter().find_map(|(is_so, reason)| is_so.then_some(reason));
        let own_name = QualifiedName { name: name.as_str().into(), ..table.clone() };
        self.changes.unfit_indexes.insert(own_name, reason);
        self.changes.indexes.push(Index {
            schema: table.schema.as_deref().unwrap_or_default().to_owned(),
            name,
            primary: false,
            identifies: index.unique && !index.partial && keys_not_null,
            searchable: index.btree && (!index.partial || index.leaves_out_only_nulls) && !index.table.only,
            unique: index.unique,
            includes: false,
            of_constraint: false,
            valid: true,
            matches_rows: index.unique && index.btree && !index.partial && index.columns.iter().all(Option::is_some),
            replica_identity: false,
            clustered: false,
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
                if self.live.column(table, &column.name) == Lookup::Missing {
                    self.changes.added.insert((key.clone(), column.name.clone()), self.is_filled(column));
                }
                self.changes.dropped_columns.remove(&(key.clone(), column.name.clone()));
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
                self.validate(key, name);
            }
            AlterAction::SetNotNull { column } => self.set_not_null(table, column, true),
            AlterAction::DropNotNull { column } => self.set_not_null(table, column, false),
            AlterAction::DropConstraint { name, .. } => {
                let key = self.key(table);
                for lost in self.foreign_keys(table).into_iter().filter(|existing| existing.name == *name) {
                    self.changes.worse.retain(|w| w.table != key || w.what != Change::ForeignKey(lost.columns.clone()));
                }
                self.changes.constraints.retain(|made| made.table != key || made.name != *name);
                self.changes.proofs.retain(|proof| proof.table != key || proof.constraint != *name);
                self.changes.foreign_keys.retain(|(table, made)| *table != key || made.name != *name);
                self.changes.dropped_constraints.insert((key.clone(), name.clone()));
                self.changes.keys.retain(|(table, key_name, _)| *table != key || key_name != name);
                self.changes.dropped_keys.insert((key, name.clone()));
                self.lose_index(table, |index| index.of_constraint && index.name == *name, at);
            }
            AlterAction::DropColumn { column, .. } => self.drop_column(table, column, at),
            AlterAction::ReplicaIdentity(identity) => {
                let index = match identity {
                    ReplicaIdentity::Index(index) => Some(index.clone()),
                    ReplicaIdentity::Default | ReplicaIdentity::Full | ReplicaIdentity::Nothing => None,
                };
                self.changes.identities.insert(self.key(table), index);
            }
            _ => {}
        }
    }

    /// A constraint that was there before the script is from now on known as the script leaves it.
    fn validate(&mut self, table: QualifiedName, name: &str) {
        let Some(constraint) = self.constraint(&table, name).found() else { return };
        if let (ConstraintType::NotNull, [column]) = (constraint.kind, constraint.columns.as_slice()) {
            self.set_not_null(&table, column, true);
        }
        let is_it = |made: &MadeConstraint| made.table == table && made.name == *name;
        let condition =
            self.changes.constraints.iter().find(|made| is_it(made)).and_then(|made| made.condition.clone());
        self.changes.constraints.retain(|made| !is_it(made));
        let constraint = ConstraintOf { validated: true, ..constraint };
        self.changes.constraints.push(MadeConstraint { table, name: name.to_owned(), condition, constraint });
    }

    fn set_not_null(&mut self, table: &QualifiedName, column: &str, not_null: bool) {
        let key = self.key(table);
        if let Some(made) = self.changes.tables.get_mut(&key) {
            made.columns.insert(column.to_owned(), not_null);
            return;
        }
        // Partitions and children follow.
        let mut members = self.tree(table);
        members.push(key);
        for member in members {
            self.changes.not_null.insert((member, column.to_owned()), not_null);
        }
    }

    /// With the column go its foreign keys, which then need no index.
    fn drop_column(&mut self, table: &QualifiedName, column: &String, at: usize) {
        self.lose_index(table, |index| index.columns.contains(&Some(column.clone())), at);
        let key = self.key(table);
        self.changes.worse.retain(|worse| match &worse.what {
            Change::ForeignKey(columns) => worse.table != key || !columns.contains(column),
            Change::Key | Change::RowSecurity => true,
        });
        self.changes.foreign_keys.retain(|(table, made)| *table != key || !made.columns.contains(column));
        self.changes.dropped_columns.insert((key, column.clone()));
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
                    not_enforced: foreign_key.not_enforced,
                };
                self.changes.keys.push((key.clone(), made.name.clone(), foreign_key.clone()));
                self.changes.foreign_keys.push((key, made));
                self.note(table, Change::ForeignKey(foreign_key.columns.clone()), at, alone);
            }
            ConstraintKind::PrimaryKey(columns) => {
                let name = name(&[], "pkey");
                for column in &columns.columns {
                    self.set_not_null(table, column, true);
                }
                self.add_key_index(key, name, columns, true);
            }
            ConstraintKind::NotNull { column } if !constraint.not_valid => self.set_not_null(table, column, true),
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

    fn note_constraint(&mut self, table: &QualifiedName, added: &Constraint) {
        let Some(name) = added.name.clone().or_else(|| self.chosen_name(table, added)) else { return };
        let (kind, columns, referenced) = match &added.kind {
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
            validated: !added.not_valid,
            columns,
            referenced,
            index: None,
            made_in_this_transaction: true,
        };
        let condition = match &added.kind {
            ConstraintKind::Check { condition, .. } => Some(condition.clone()),
            _ => None,
        };
        self.changes.constraints.push(MadeConstraint { table: table.clone(), name, condition, constraint });
    }

    /// The name that the server chooses, where it does not take the columns of a condition for that.
    fn chosen_name(&self, table: &QualifiedName, constraint: &Constraint) -> Option<String> {
        let (columns, label) = match &constraint.kind {
            ConstraintKind::ForeignKey(key) => (key.columns.as_slice(), "fkey"),
            ConstraintKind::NotNull { column } => (std::slice::from_ref(column), "not_null"),
            ConstraintKind::Check { not_null: Some(column), .. } => (std::slice::from_ref(column), "check"),
            _ => return None,
        };
        Some(self.live.object_name(&table.name, columns, label))
    }

    fn add_key_index(&mut self, table: QualifiedName, name: String, key: &Key, primary: bool) {
        let columns: Vec<_> = key.columns.iter().cloned().map(Some).collect();
        let identifies = primary || self.all_not_null(&table, &columns);
        // What USING INDEX takes over had its columns from CREATE INDEX.
        let taken_over = key.using_index.as_ref().and_then(|using| {
            self.indexes(&table).into_iter().find(|index| index.name == *using).map(|index| index.columns)
        });
        self.changes.indexes.push(Index {
            schema: table.schema.as_deref().unwrap_or_default().to_owned(),
            name,
            columns: taken_over.unwrap_or(columns),
            primary,
            identifies,
            searchable: true,
            unique: true,
            includes: !key.include.is_empty(),
            of_constraint: true,
            valid: true,
            matches_rows: true,
            replica_identity: false,
            clustered: false,
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
            DropKind::View | DropKind::MaterializedView | DropKind::ForeignTable | DropKind::Sequence => {
                let key = self.key(name);
                self.changes.tables.remove(&key);
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
        let new = QualifiedName { name: to.into(), ..old.clone() };
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

    /// CHECKs that the script has added, and that are validated by now.
    fn validated_checks(&self) -> impl Iterator<Item = AddedCheck> {
        self.changes
            .constraints
            .iter()
            .filter(|made| made.constraint.validated)
            .filter_map(|made| Some(AddedCheck { table: made.table.clone(), condition: made.condition.clone()? }))
    }

    /// Indexes that the script has built on a partition are taken over when it is attached.
    fn take_over_indexes(&self, table: &QualifiedName, partition: &QualifiedName, attachment: &mut Attachment) {
        let own = self.indexes(partition);
        let parents = self.indexes(table);
        attachment.missing_indexes.retain(|missing| {
            let wanted = parents.iter().find(|index| index.name == *missing);
            !wanted.is_some_and(|wanted| {
                own.iter().any(|index| {
                    index.columns == wanted.columns && index.unique == wanted.unique && index.primary == wanted.primary
                })
            })
        });
    }

    /// Whether the script has dropped a relation, or the constraint of that name on it.
    fn is_constraint_gone(&self, table: &QualifiedName, constraint: Option<&str>) -> bool {
        let dropped = |name: &str| self.changes.dropped_constraints.contains(&(table.clone(), name.to_owned()));
        self.changes.dropped.contains(table) || constraint.is_some_and(dropped)
    }

    /// One name for a table, whether or not its schema is written: where it is, or where a CREATE would put it.
    fn key(&self, name: &QualifiedName) -> QualifiedName {
        if let Lookup::Found(relation) = self.live.relation(name) {
            return relation.qualified_name();
        }
        QualifiedName {
            schema: name.schema.clone().or_else(|| self.live.creation_schema().map(Rc::from)),
            name: name.name.clone(),
            only: false,
            at: None,
        }
    }
}

impl ScriptFacts<'_> {
    fn column_of_old_table(&self, table: &QualifiedName, column: &str) -> Lookup<Column> {
        let known = match self.live.relation(table) {
            Lookup::Missing => Lookup::Found(Column { not_null: false, has_default: false, null_fraction: None }),
            _ => self.live.column(table, column),
        };
        match (known, self.changes.not_null.get(&(self.key(table), column.to_owned()))) {
            (Lookup::Found(column), Some(not_null)) => Lookup::Found(Column { not_null: *not_null, ..column }),
            (known, _) => known,
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
                standing: Deferred::Known(made.standing),
                unlogged: made.unlogged,
                has_columns: made.has_columns,
                extent: Deferred::Known(Extent { rows: Some(0.0), bytes: Some(0) }),
                large: Deferred::Known(false),
            });
        }
        if self.changes.dropped.contains(&key) {
            return Lookup::Missing;
        }
        match self.live.relation(name) {
            Lookup::Missing => Lookup::Found(Relation {
                schema: name.schema.as_deref().unwrap_or_default().into(),
                name: Rc::clone(&name.name),
                kind: Kind::Table,
                standing: Deferred::Known(Standing::Shared),
                unlogged: false,
                has_columns: true,
                extent: Deferred::Known(Extent::default()),
                large: Deferred::Known(true),
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
        let made = self.changes.indexes.iter().find(|index| {
            *index.name == *name.name && name.schema.as_ref().is_none_or(|schema| **schema == *index.schema)
        });
        if let Some(index) = made {
            return Lookup::Found(index.clone());
        }
        if self.changes.dropped_indexes.contains(&self.key(name)) {
            return Lookup::Missing;
        }
        match self.live.index(name) {
            Lookup::Found(mut index) => {
                if let Some(identity) = self.changes.identities.get(&index.table) {
                    index.replica_identity = identity.as_ref() == Some(&index.name);
                }
                Lookup::Found(index)
            }
            Lookup::Missing => Lookup::Found(Index {
                schema: name.schema.as_deref().unwrap_or_default().to_owned(),
                name: name.name.to_string(),
                table: QualifiedName::default(),
                columns: Vec::new(),
                primary: false,
                identifies: false,
                searchable: false,
                unique: false,
                includes: false,
                of_constraint: false,
                valid: true,
                matches_rows: false,
                replica_identity: false,
                clustered: false,
                partitioned: false,
            }),
            not_checked @ Lookup::NotChecked(_) => not_checked,
        }
    }

    fn column(&self, table: &QualifiedName, column: &str) -> Lookup<Column> {
        let key = self.key(table);
        if self.changes.dropped_columns.contains(&(key.clone(), column.to_owned())) {
            return Lookup::Missing;
        }
        match self.changes.tables.get(&key) {
            Some(made) => made.columns.get(column).map_or(Lookup::Missing, |not_null| {
                Lookup::Found(Column { not_null: *not_null, has_default: false, null_fraction: None })
            }),
            None => self.column_of_old_table(table, column),
        }
    }

    fn indexes(&self, table: &QualifiedName) -> Vec<Index> {
        let key = self.key(table);
        let mut indexes = if self.changes.tables.contains_key(&key) { Vec::new() } else { self.live.indexes(table) };
        indexes.retain(|index| {
            !self.changes.dropped_indexes.contains(&QualifiedName::new(index.schema.clone(), index.name.clone()))
        });
        indexes.extend(self.changes.indexes.iter().filter(|index| index.table == key).cloned());
        if let Some(identity) = self.changes.identities.get(&key) {
            for index in &mut indexes {
                index.replica_identity = identity.as_ref() == Some(&index.name);
            }
        }
        indexes
    }

    fn foreign_keys(&self, table: &QualifiedName) -> Vec<ForeignKeyOf> {
        let key = self.key(table);
        let mut keys = if self.changes.tables.contains_key(&key) { Vec::new() } else { self.live.foreign_keys(table) };
        keys.retain(|existing| {
            let gone = |column: &String| self.changes.dropped_columns.contains(&(key.clone(), column.clone()));
            !self.changes.dropped_constraints.contains(&(key.clone(), existing.name.clone()))
                && !existing.columns.iter().any(gone)
        });
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
            _ => match self.live.type_change(table, change) {
                Lookup::Found(mut what) => {
                    what.rebuilds.retain(|index| !self.changes.dropped_indexes.contains(index));
                    Lookup::Found(what)
                }
                unknown => unknown,
            },
        }
    }

    fn obstacles(&self, table: &QualifiedName, column: &str) -> Vec<Obstacle> {
        if self.changes.tables.contains_key(&self.key(table)) {
            return Vec::new();
        }
        let mut obstacles = self.live.obstacles(table, column);
        obstacles.retain(|obstacle| !self.changes.rework.may_have_removed(obstacle));
        obstacles
    }

    fn unfit_for_key(&self, table: &QualifiedName, index: &str) -> Option<&'static str> {
        let key = self.key(table);
        let own_name = QualifiedName { name: index.into(), ..key };
        if let Some(reason) = self.changes.unfit_indexes.get(&own_name) {
            return *reason;
        }
        if self.changes.dropped_indexes.contains(&own_name) { None } else { self.live.unfit_for_key(table, index) }
    }

    fn type_has_default(&self, column: &ColumnDef) -> bool {
        self.live.type_has_default(column)
    }

    fn type_is_constrained(&self, column: &ColumnDef) -> bool {
        self.live.type_is_constrained(column)
    }

    fn base_type(&self, column: &ColumnDef) -> Option<String> {
        self.live.base_type(column)
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
            self.key(&other.referenced) == referenced
                && !other.not_enforced
                && other.options == key.options
                && pairs(other) == pairs(key)
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

    fn naming(&self, of: Named) -> Option<String> {
        self.live.naming(of)
    }

    fn follows_naming(&self, of: Named, name: &str) -> bool {
        self.live.follows_naming(of, name)
    }

    fn required_columns(&self) -> Lookup<Vec<ColumnDef>> {
        self.live.required_columns()
    }

    fn forbidden_types(&self) -> Lookup<Vec<(String, Lookup<ColumnType>)>> {
        self.live.forbidden_types()
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

    fn is_contended(&self, _name: &QualifiedName, _lock: Lock) -> bool {
        false
    }

    fn holders(&self, name: &QualifiedName) -> Vec<Holder> {
        self.live.holders(name)
    }

    fn attachment(
        &self,
        table: &QualifiedName,
        partition: Option<&QualifiedName>,
        bound: &Opaque,
        checks: &[AddedCheck],
    ) -> Lookup<Attachment> {
        let made = partition.is_some_and(|partition| self.changes.tables.contains_key(&self.key(partition)));
        if made && self.default_partition(table).is_none() {
            return Lookup::Found(Attachment::default());
        }
        let checks: Vec<AddedCheck> = checks.iter().cloned().chain(self.validated_checks()).collect();
        let mut answer = self.live.attachment(table, partition.filter(|_| !made), bound, &checks);
        if let (Lookup::Found(attachment), Some(partition)) = (&mut answer, partition) {
            self.take_over_indexes(table, partition, attachment);
        }
        answer
    }

    fn referenced_by(&self, table: &QualifiedName) -> Vec<Reference> {
        let key = self.key(table);
        let mut references =
            if self.changes.tables.contains_key(&key) { Vec::new() } else { self.live.referenced_by(table) };
        references.retain(|reference| !self.is_constraint_gone(&reference.table, Some(&reference.constraint)));
        let made = self.changes.foreign_keys.iter().filter(|(_, made)| self.key(&made.referenced) == key);
        references.extend(made.map(|(table, made)| Reference {
            constraint: made.name.clone(),
            table: table.clone(),
            columns: made.columns.clone(),
            referenced: Vec::new(),
            validated: true,
        }));
        references
    }

    fn constraint(&self, table: &QualifiedName, name: &str) -> Lookup<ConstraintOf> {
        let key = self.key(table);
        let made = self.changes.constraints.iter().rev().find(|made| made.table == key && made.name == name);
        match made {
            Some(made) => Lookup::Found(made.constraint.clone()),
            None if self.changes.tables.contains_key(&key) => Lookup::Missing,
            None if self.changes.dropped_constraints.contains(&(key, name.to_owned())) => Lookup::Missing,
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
        if self.changes.tables.contains_key(&self.key(name)) {
            return Vec::new();
        }
        let mut dependents = self.live.dependents(name, column);
        dependents.retain(|dependent| {
            dependent
                .relation
                .as_ref()
                .is_none_or(|relation| !self.is_constraint_gone(relation, dependent.constraint.as_deref()))
        });
        dependents
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
            let mut indexes = self.live.indexes_with(table, column);
            indexes.retain(|index| !self.changes.dropped_indexes.contains(index));
            indexes
        }
    }

    /// What the script has made, nobody has used.
    fn usage(&self, name: &QualifiedName) -> Usage {
        if self.changes.tables.contains_key(&self.key(name)) { Usage::default() } else { self.live.usage(name) }
    }

    fn has_trigger(&self, table: &QualifiedName, trigger: &str) -> bool {
        self.live.has_trigger(table, trigger)
    }

    /// Who changes what is published in the same script knows of it.
    fn publications(&self, table: &QualifiedName) -> Vec<Publication> {
        let key = self.key(table);
        if self.changes.tables.contains_key(&key) || self.changes.republished.contains(&key) {
            return Vec::new();
        }
        let mut publications = self.live.publications(table);
        if self.changes.identities.contains_key(&key) {
            for publication in &mut publications {
                publication.by_primary_key = false;
            }
        }
        publications
    }

    /// A script is run later: who is connected now says nothing.
    fn standbys(&self) -> Lookup<Vec<String>> {
        Lookup::Missing
    }

    fn later_in_transaction(&self) -> Option<&[Located]> {
        let ends = |located: &Located| {
            matches!(located.statement, Statement::Transaction(Transaction::Commit | Transaction::Rollback))
        };
        // Looked for only when it is asked: a long script has many statements.
        self.later.split(ends).next()
    }

    fn runs_now(&self) -> bool {
        false
    }

    fn previous(&self) -> Option<(&Statement, &Effects)> {
        self.previous.as_ref().map(|(located, effects)| (&located.statement, effects))
    }

    fn makes_function(&self, name: &str) -> bool {
        self.changes.functions.contains(name)
    }

    fn script_changes_schema(&self) -> bool {
        self.changes_schema
    }

    /// Of a table that the script has written to or made, nobody has counted.
    fn null_share(&self, table: &QualifiedName, column: &str) -> Option<f64> {
        let key = self.key(table);
        if self.changes.written.contains(&key) || self.changes.tables.contains_key(&key) {
            return None;
        }
        match self.changes.added.get(&(key, column.to_owned())) {
            Some(filled) => Some(if *filled { 0.0 } else { 1.0 }),
            None => self.live.column(table, column).found()?.null_fraction.map(f64::from),
        }
    }

    fn read_by_view(&self, view: &QualifiedName) -> Vec<QualifiedName> {
        self.live.read_by_view(view)
    }

    fn relations_of_schema(&self, schema: &str) -> Vec<QualifiedName> {
        self.live.relations_of_schema(schema)
    }

    fn held(&self, name: &QualifiedName) -> Option<Lock> {
        let key = self.key(name);
        self.changes.held.iter().find(|(held, _)| *held == key).map(|(_, lock)| *lock)
    }

    fn held_tables(&self, at_least: Lock) -> Vec<(QualifiedName, Lock)> {
        self.changes.held.iter().filter(|(_, lock)| *lock >= at_least).cloned().collect()
    }

    fn large_size(&self) -> u64 {
        self.live.large_size()
    }

    fn busy_after(&self) -> f64 {
        self.live.busy_after()
    }

    /// A script is run later: who is there now says nothing.
    fn old_transactions(&self, _seconds: f64) -> Vec<Holder> {
        Vec::new()
    }

    fn in_the_way(&self, _name: &QualifiedName, _lock: Lock) -> Vec<Holder> {
        Vec::new()
    }

    fn statement_timeout(&self) -> i32 {
        self.timeout("statement_timeout").unwrap_or_else(|| self.live.statement_timeout())
    }

    fn transaction_timeout(&self) -> i32 {
        self.timeout("transaction_timeout").unwrap_or_else(|| self.live.transaction_timeout())
    }

    fn idle_in_transaction_timeout(&self) -> i32 {
        self.timeout("idle_in_transaction_session_timeout").unwrap_or_else(|| self.live.idle_in_transaction_timeout())
    }

    fn in_transaction_block(&self) -> bool {
        self.in_block
    }

    fn lock_timeout(&self) -> i32 {
        self.timeout("lock_timeout").unwrap_or_else(|| self.live.lock_timeout())
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
