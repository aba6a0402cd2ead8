//! Answers of the running server, from relcache and syscache, without a lock on what is asked about.
//!
//! Vouches for: tuples are released, relations closed and locks given back in the function that took them (an error in
//! between ends in the abort of the subtransaction or transaction around it, which does the same); a relation is opened
//! only under an ACCESS SHARE lock that was to be had at once, or where the transaction holds a lock on it already.
#![allow(unsafe_code, reason = "reads relcache and syscache; see the module's promise")]

use super::{
    AddedCheck, AlterAction, AlterType, Attachment, Column, ColumnDef, ColumnType, ConstraintOf, CreateIndex,
    Dependent, Facts, ForeignKey, ForeignKeyOf, Holder, Index, Located, Lookup, Named, Obstacle, Opaque, Publication,
    QualifiedName, Reference, Relation, RowSecurity, TypeChange, Usage, UseOfType, Volatility,
};
use crate::ast::Lock;
use crate::config::Threshold;
use crate::effects::Effects;
use crate::{server, text};
use core::cell::{OnceCell, RefCell};
use core::ffi::{CStr, c_int};
use pgrx::pg_sys::{self, Oid};
use sorted::Sorted;
use std::borrow::Cow;
use std::collections::HashSet;
use std::rc::Rc;

mod catalog;
mod convention;
pub(crate) mod descriptor;
mod expression;
mod file;
pub(crate) mod held;
mod index;
mod lock;
mod loss;
pub(crate) mod object;
mod partition;
pub(crate) mod partitioned;
mod range_partitions;
mod reindex;
mod related;
mod relation;
pub(crate) mod relcache;
mod security;
mod sorted;
mod storage;
mod types;
mod word;

pub(crate) use lock::is_held_by_others;
pub(crate) use range_partitions::{RangeBound, range_partitions};
pub(crate) use relation::{
    column_names, column_numbers, created_oid, creation_schema, foreign_key_numbers, is_free,
    is_made_in_this_transaction, large_size, name_of_noted, name_of_relation, note_made_here, relation_exists,
    relation_oid, rewritten_now,
};
pub(crate) use storage::check_storage_parameters;

/// Whether a question may be answered by planning, which runs IMMUTABLE functions of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planning {
    /// The statement runs next as the same user, and plans the same.
    Allowed,
    /// Nothing of a script that is only read may run.
    Never,
}

/// Which relations are measured: what nobody else shares is not judged by its size, and measuring takes longer than all
/// the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measuring {
    Shared,
    All,
}

/// Of trees with more members than these, who locks them is asked once for all.
const FEW: usize = 4;

/// The server as it is now. One for each statement: answers are kept.
pub(crate) struct Live {
    planning: Planning,
    measuring: Measuring,
    in_block: bool,
    names: RefCell<Sorted<QualifiedName, Option<Oid>>>,
    /// By OID.
    relations: RefCell<Sorted<u32, Rc<Known>>>,
    /// Tables that earlier statements of the transaction locked, and that are still locked.
    held_tables: OnceCell<Vec<(QualifiedName, Lock)>>,
    /// All relations that somebody else holds a lock on, asked for when a tree is.
    all_locked: OnceCell<HashSet<u32>>,
    /// By the address of their nodes: many rules ask for the same type.
    types: RefCell<Sorted<usize, Lookup<ColumnType>>>,
}

/// What was found out about a relation.
#[derive(Default)]
struct Known {
    relation: OnceCell<Option<Relation>>,
    /// The same without partitions and children.
    alone: OnceCell<Option<Relation>>,
    /// Members of its tree.
    members: OnceCell<Rc<[Oid]>>,
    /// What needs it or, by its number, a column of it.
    dependents: RefCell<Sorted<pg_sys::AttrNumber, Vec<Dependent>>>,
    /// Somebody else holds a lock of any kind on it: asking goes through every session of the server.
    is_locked: OnceCell<bool>,
    /// The strongest lock that this session holds on it.
    held: OnceCell<Option<Lock>>,
}

impl Known {
    /// The relation with its partitions or children.
    fn members(&self, oid: Oid) -> Rc<[Oid]> {
        Rc::clone(self.members.get_or_init(|| relation::members(oid).into()))
    }
}

impl Live {
    pub(crate) fn new(planning: Planning) -> Self {
        let measuring = Measuring::Shared;
        Self {
            planning,
            measuring,
            in_block: false,
            names: RefCell::default(),
            relations: RefCell::default(),
            held_tables: OnceCell::new(),
            all_locked: OnceCell::new(),
            types: RefCell::default(),
        }
    }

    /// As a statement in a transaction block sees it; asked from outside, for within a subtransaction there always is one.
    pub(crate) fn in_block(self, in_block: bool) -> Self {
        Self { in_block, ..self }
    }

    /// The size of every relation is measured, also of those that nobody else uses.
    pub(crate) fn measuring_all(self) -> Self {
        Self { measuring: Measuring::All, ..self }
    }

    /// With names whose relations are known already.
    pub(crate) fn knowing(planning: Planning, known: impl IntoIterator<Item = (QualifiedName, Oid)>) -> Self {
        let names = known.into_iter().map(|(name, oid)| (name, Some(oid))).collect();
        Self { names: RefCell::new(names), ..Self::new(planning) }
    }

    /// Remembers the tables that the statement is about to lock against writers, for the rest of the transaction.
    pub(crate) fn note_held(&self, effects: &Effects) {
        for effect in effects.relations().iter().filter(|effect| !effect.is_index && effect.lock >= Lock::Share) {
            let may_be_shared = self.relation(&effect.name).found().is_some_and(|relation| relation.may_be_shared());
            if may_be_shared && let Some(oid) = self.oid(&effect.name) {
                held::note(oid);
            }
        }
    }

    /// A relation, or the members of its tree, on which somebody else holds or awaits a lock of any kind.
    fn locked_members(&self, name: &QualifiedName) -> Vec<Oid> {
        let Some(oid) = self.oid(name) else { return Vec::new() };
        if name.only {
            return Some(oid).into_iter().filter(|oid| self.is_locked(*oid)).collect();
        }
        let members = self.known(oid).members(oid);
        if members.len() <= FEW {
            return members.iter().copied().filter(|member| self.is_locked(*member)).collect();
        }
        let locked = self.all_locked.get_or_init(lock::locked_by_others);
        members.iter().copied().filter(|member| locked.contains(&member.to_u32())).collect()
    }

    fn is_locked(&self, oid: Oid) -> bool {
        *self.known(oid).is_locked.get_or_init(|| lock::is_contended(oid, Lock::AccessExclusive))
    }

    fn known(&self, oid: Oid) -> Rc<Known> {
        let mut relations = self.relations.borrow_mut();
        if let Some(known) = relations.get(&oid.to_u32()) {
            return Rc::clone(known);
        }
        let known = Rc::default();
        relations.insert(oid.to_u32(), Rc::clone(&known));
        known
    }

    /// The relation that a name means.
    pub(crate) fn oid(&self, name: &QualifiedName) -> Option<Oid> {
        if name.only {
            return self.oid(&QualifiedName { only: false, ..name.clone() });
        }
        if let Some(known) = self.names.borrow().get(name) {
            return *known;
        }
        let oid = relation_oid(name);
        self.names.borrow_mut().insert(name.clone(), oid);
        oid
    }
}

impl Facts for Live {
    fn server_major(&self) -> u32 {
        pg_sys::PG_VERSION_NUM / 10_000
    }

    fn relation(&self, name: &QualifiedName) -> Lookup<Relation> {
        let Some(oid) = self.oid(name) else { return Lookup::Missing };
        let known = self.known(oid);
        let relation = if name.only { &known.alone } else { &known.relation };
        let read = || {
            // What the relation keeps must not keep the relation.
            let tree = Rc::downgrade(&known);
            let members = move || tree.upgrade().map(|known| known.members(oid)).unwrap_or_default();
            let relation = relation::read(oid, name.only, self.measuring, members)?;
            // From now on by its full name as well.
            self.names.borrow_mut().insert(relation.qualified_name(), Some(oid));
            Some(relation)
        };
        relation.get_or_init(read).clone().map_or(Lookup::Missing, Lookup::Found)
    }

    fn exists(&self, name: &QualifiedName) -> bool {
        self.oid(name).is_some()
    }

    fn is_child(&self, name: &QualifiedName) -> bool {
        self.oid(name).is_some_and(relation::is_child)
    }

    fn index(&self, name: &QualifiedName) -> Lookup<Index> {
        self.oid(name).and_then(index::read).map_or(Lookup::Missing, Lookup::Found)
    }

    fn column(&self, table: &QualifiedName, column: &str) -> Lookup<Column> {
        self.oid(table).and_then(|oid| relation::column(oid, column)).map_or(Lookup::Missing, Lookup::Found)
    }

    fn indexes(&self, table: &QualifiedName) -> Vec<Index> {
        self.oid(table).map(index::of_table).unwrap_or_default()
    }

    fn has_key(&self, table: &QualifiedName) -> bool {
        self.oid(table).is_some_and(index::identifies_rows)
    }

    fn is_indexed(&self, table: &QualifiedName, columns: &[String]) -> bool {
        self.oid(table).is_some_and(|oid| index::finds_rows_by(oid, columns))
    }

    fn foreign_keys(&self, table: &QualifiedName) -> Vec<ForeignKeyOf> {
        self.oid(table).map(relation::foreign_keys).unwrap_or_default()
    }

    fn proves_not_null(&self, table: &QualifiedName, column: &str, without: &[&str]) -> Lookup<bool> {
        self.oid(table).map_or(Lookup::Missing, |oid| expression::proves_not_null(oid, column, without, self.planning))
    }

    fn default_volatility(&self, column: &ColumnDef) -> Lookup<Volatility> {
        expression::default_volatility(column, self.planning)
    }

    fn type_change(&self, table: &QualifiedName, change: &AlterType) -> Lookup<TypeChange> {
        self.oid(table).map_or(Lookup::Missing, |oid| expression::type_change(oid, change, self.planning))
    }

    fn obstacles(&self, table: &QualifiedName, column: &str) -> Vec<Obstacle> {
        match self.oid(table) {
            Some(oid) if table.only => related::obstacles(oid, column),
            Some(oid) => {
                self.known(oid).members(oid).iter().flat_map(|member| related::obstacles(*member, column)).collect()
            }
            None => Vec::new(),
        }
    }

    fn unfit_for_key(&self, table: &QualifiedName, index: &str) -> Option<&'static str> {
        let table = self.oid(table)?;
        let schema = relation::name_of_relation(table)?.schema?;
        let index = relation_oid(&QualifiedName::new(schema, index))?;
        index::unfit_for_key(table, index)
    }

    fn type_has_default(&self, column: &ColumnDef) -> bool {
        expression::type_has_default(column)
    }

    fn type_is_constrained(&self, column: &ColumnDef) -> bool {
        expression::type_is_constrained(column)
    }

    fn base_type(&self, column: &ColumnDef) -> Option<String> {
        expression::base_type(column)
    }

    fn equal_foreign_key(&self, table: &QualifiedName, key: &ForeignKey) -> Option<String> {
        let (table, referenced) = (self.oid(table)?, self.oid(&key.referenced)?);
        let implied = if key.referenced_columns.is_empty() { self.primary_key(&key.referenced) } else { Vec::new() };
        let columns = if implied.is_empty() { &key.referenced_columns } else { &implied };
        related::equal_foreign_key(table, &key.columns, referenced, columns, &key.options)
    }

    fn row_security(&self, table: &QualifiedName) -> RowSecurity {
        self.oid(table).and_then(security::of_table).unwrap_or_default()
    }

    fn partition_key(&self, table: &QualifiedName) -> Vec<Option<String>> {
        let oid = self.oid(table).filter(|oid| relation::is_partitioned(*oid));
        oid.map(related::partition_key).unwrap_or_default()
    }

    fn predicate_is_mutable(&self, index: &CreateIndex) -> Lookup<bool> {
        match (self.oid(&index.table), &index.predicate) {
            (Some(table), Some(predicate)) => expression::predicate_is_mutable(table, predicate, self.planning),
            _ => Lookup::Missing,
        }
    }

    fn is_reserved(&self, name: &str) -> bool {
        word::is_reserved(name)
    }

    fn naming(&self, of: Named) -> Option<String> {
        convention::naming(of)
    }

    fn follows_naming(&self, of: Named, name: &str) -> bool {
        convention::follows(of, name)
    }

    fn required_columns(&self) -> Lookup<Vec<ColumnDef>> {
        convention::required_columns()
    }

    fn forbidden_types(&self) -> Lookup<Vec<(String, Lookup<ColumnType>)>> {
        convention::forbidden_types(self.planning)
    }

    fn type_named(&self, type_name: &Opaque) -> Lookup<ColumnType> {
        if let Some(known) = self.types.borrow().get(&type_name.node) {
            return known.clone();
        }
        let answer = types::named(type_name, self.planning);
        self.types.borrow_mut().insert(type_name.node, answer.clone());
        answer
    }

    fn column_type(&self, table: &QualifiedName, column: &str) -> Lookup<ColumnType> {
        self.oid(table).and_then(|oid| types::of_column(oid, column)).map_or(Lookup::Missing, Lookup::Found)
    }

    fn coerces_freely(&self, from: &ColumnType, to: &ColumnType) -> bool {
        types::coerces_freely(from, to)
    }

    fn tree(&self, name: &QualifiedName) -> Vec<QualifiedName> {
        match self.oid(name) {
            Some(oid) if !name.only => {
                self.known(oid).members(oid).iter().copied().filter_map(relation::name_of_relation).collect()
            }
            Some(oid) => relation::name_of_relation(oid).into_iter().collect(),
            None => Vec::new(),
        }
    }

    fn parent(&self, name: &QualifiedName) -> Option<QualifiedName> {
        self.oid(name).and_then(relation::parent).and_then(relation::name_of_relation)
    }

    fn default_partition(&self, table: &QualifiedName) -> Option<QualifiedName> {
        self.oid(table).and_then(relation::default_partition).and_then(relation::name_of_relation)
    }

    fn attachment(
        &self,
        table: &QualifiedName,
        partition: Option<&QualifiedName>,
        bound: &Opaque,
        checks: &[AddedCheck],
    ) -> Lookup<Attachment> {
        let checks: Vec<_> =
            checks.iter().filter_map(|check| Some((self.oid(&check.table)?, &check.condition))).collect();
        match (self.oid(table), partition.map(|partition| self.oid(partition))) {
            (None, _) | (_, Some(None)) => Lookup::Missing,
            (Some(table), partition) => {
                partition::attachment(table, partition.flatten(), bound, &checks, self.planning)
            }
        }
    }

    /// Of a tree, those of every member.
    fn holders(&self, name: &QualifiedName) -> Vec<Holder> {
        self.locked_members(name).into_iter().flat_map(related::holders).collect()
    }

    fn is_contended(&self, name: &QualifiedName, lock: Lock) -> bool {
        self.locked_members(name).into_iter().any(|member| lock::is_contended(member, lock))
    }

    fn referenced_by(&self, table: &QualifiedName) -> Vec<Reference> {
        self.oid(table).map(related::referenced_by).unwrap_or_default()
    }

    fn constraint(&self, table: &QualifiedName, name: &str) -> Lookup<ConstraintOf> {
        self.oid(table).and_then(|oid| related::constraint(oid, name)).map_or(Lookup::Missing, Lookup::Found)
    }

    fn is_stored(&self, table: &QualifiedName, column: &str) -> bool {
        self.oid(table).is_some_and(|oid| relation::is_stored(oid, column))
    }

    fn is_checked(&self, table: &QualifiedName, column: &str) -> bool {
        self.oid(table).is_some_and(|oid| related::is_checked(oid, column))
    }

    fn moves(&self, relation: &QualifiedName, action: &AlterAction) -> bool {
        self.oid(relation).is_some_and(|oid| relation::moves(oid, action))
    }

    fn dependents(&self, name: &QualifiedName, column: Option<&str>) -> Vec<Dependent> {
        let Some(oid) = self.oid(name) else { return Vec::new() };
        let column = column.and_then(|column| relation::attribute_number(oid, column)).unwrap_or(0);
        let known = self.known(oid);
        if let Some(dependents) = known.dependents.borrow().get(&column) {
            return dependents.clone();
        }
        let dependents = related::dependents("pg_catalog.pg_class", oid, column);
        known.dependents.borrow_mut().insert(column, dependents.clone());
        dependents
    }

    fn dependents_of_type(&self, name: &QualifiedName) -> Vec<Dependent> {
        type_oid(name).map(|oid| related::dependents("pg_catalog.pg_type", oid, 0)).unwrap_or_default()
    }

    fn uses_of_type(&self, name: &QualifiedName) -> Vec<UseOfType> {
        type_oid(name).map(related::uses_of_type).unwrap_or_default()
    }

    fn typed_tables(&self, name: &QualifiedName) -> Vec<QualifiedName> {
        type_oid(name).map(related::typed_tables).unwrap_or_default()
    }

    fn indexes_with(&self, table: &QualifiedName, column: &str) -> Vec<QualifiedName> {
        self.oid(table).map(|oid| index::with_column(oid, column)).unwrap_or_default()
    }

    fn usage(&self, name: &QualifiedName) -> Usage {
        self.oid(name).map(related::usage).unwrap_or_default()
    }

    fn has_trigger(&self, table: &QualifiedName, trigger: &str) -> bool {
        self.oid(table).is_some_and(|oid| related::has_trigger(oid, trigger))
    }

    fn publications(&self, table: &QualifiedName) -> Vec<Publication> {
        // Most databases have never had one.
        if relation::is_empty_catalog(pg_sys::PublicationRelationId) {
            return Vec::new();
        }
        self.oid(table).map(related::publications).unwrap_or_default()
    }

    fn standbys(&self) -> Lookup<Vec<String>> {
        related::standbys()
    }

    fn later_in_transaction(&self) -> Option<&[Located]> {
        None
    }

    fn read_by_view(&self, view: &QualifiedName) -> Vec<QualifiedName> {
        self.oid(view).map(related::read_by_view).unwrap_or_default()
    }

    fn relations_of_schema(&self, schema: &str) -> Vec<QualifiedName> {
        related::relations_of_schema(schema)
    }

    fn held(&self, name: &QualifiedName) -> Option<Lock> {
        let oid = self.oid(name)?;
        *self.known(oid).held.get_or_init(|| held::held(oid))
    }

    fn held_tables(&self, at_least: Lock) -> Vec<(QualifiedName, Lock)> {
        let held = self.held_tables.get_or_init(held::held_tables);
        held.iter().filter(|(_, lock)| *lock >= at_least).cloned().collect()
    }

    fn large_size(&self) -> u64 {
        relation::large_size()
    }

    fn busy_after(&self) -> f64 {
        f64::from(Threshold::BusyAfter.get()) / 1_000.0
    }

    fn old_transactions(&self, seconds: f64) -> Vec<Holder> {
        related::old_transactions(seconds)
    }

    fn statement_timeout(&self) -> i32 {
        // SAFETY: reads a setting of this backend.
        unsafe { pg_sys::StatementTimeout }
    }

    #[cfg(any(feature = "pg17", feature = "pg18"))]
    fn transaction_timeout(&self) -> i32 {
        // SAFETY: reads a setting of this backend.
        unsafe { pg_sys::TransactionTimeout }
    }

    #[cfg(not(any(feature = "pg17", feature = "pg18")))]
    fn transaction_timeout(&self) -> i32 {
        0
    }

    fn idle_in_transaction_timeout(&self) -> i32 {
        // SAFETY: reads a setting of this backend.
        unsafe { pg_sys::IdleInTransactionSessionTimeout }
    }

    fn in_transaction_block(&self) -> bool {
        self.in_block
    }

    fn lock_timeout(&self) -> i32 {
        // SAFETY: reads a setting of this backend.
        unsafe { pg_sys::LockTimeout }
    }

    /// Of a tree, any member.
    fn in_use(&self, table: &QualifiedName) -> bool {
        self.locked_members(table).into_iter().any(is_held_by_others)
    }

    fn creation_schema(&self) -> Option<String> {
        relation::creation_schema()
    }

    fn quote(&self, name: &str) -> String {
        let name = text::to_c(name);
        // SAFETY: a NUL-terminated string; the result is one too.
        unsafe { text::from_c(pg_sys::quote_identifier(name)) }.unwrap_or_default()
    }

    fn object_name(&self, table: &str, columns: &[String], label: &str) -> String {
        let (table, columns, label) = (text::to_c(table), text::to_c(&columns.join("_")), text::to_c(label));
        // SAFETY: NUL-terminated strings; an empty middle part is told by a null pointer.
        unsafe {
            let columns = if *columns == 0 { core::ptr::null_mut() } else { columns };
            text::from_c(pg_sys::makeObjectName(table, columns, label))
        }
        .unwrap_or_default()
    }
}

/// The type a name means to this session.
fn type_oid(name: &QualifiedName) -> Option<Oid> {
    let type_name = text::to_c(&name.name);
    // SAFETY: NUL-terminated strings; the cache is one of pg_type.
    unsafe {
        match &name.schema {
            None => valid(pg_sys::TypenameGetTypid(type_name)),
            Some(schema) => {
                let namespace = valid(server::get_namespace_oid(text::to_c(schema), true))?;
                type_in(namespace, type_name)
            }
        }
    }
}

/// The type of that name in a schema.
///
/// # Safety
/// A NUL-terminated name.
unsafe fn type_in(namespace: Oid, name: *const core::ffi::c_char) -> Option<Oid> {
    // SAFETY: the cache is one of pg_type, by name and schema.
    valid(unsafe {
        pg_sys::GetSysCacheOid(
            cache_id(pg_sys::SysCacheIdentifier::TYPENAMENSP),
            TYPE_OID_COLUMN,
            pg_sys::Datum::from(name),
            pg_sys::Datum::from(namespace),
            pg_sys::Datum::from(0),
            pg_sys::Datum::from(0),
        )
    })
}

/// `Anum_pg_type_oid`.
const TYPE_OID_COLUMN: pg_sys::AttrNumber = 1;

fn cache_id(id: pg_sys::SysCacheIdentifier::Type) -> c_int {
    c_int::try_from(id).unwrap_or(0)
}

/// The text of a fixed-length name of the catalog.
fn name_data(name: &pg_sys::NameData) -> Cow<'_, str> {
    // SAFETY: the server keeps names NUL-terminated.
    text::decode(unsafe { CStr::from_ptr(name.data.as_ptr()) }.to_bytes())
}

fn valid(oid: Oid) -> Option<Oid> {
    (oid != pg_sys::InvalidOid).then_some(oid)
}
