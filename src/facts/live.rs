//! Answers of the running server, from relcache and syscache, without a lock on what is asked about.
//!
//! Vouches for: tuples are released, relations closed and locks given back in the function that took them (an error in
//! between ends in the abort of the subtransaction or transaction around it, which does the same); a relation is opened
//! only under an ACCESS SHARE lock that was to be had at once, or where the transaction holds a lock on it already.
#![allow(unsafe_code, reason = "reads relcache and syscache; see the module's promise")]

use super::{
    AlterType, Column, ColumnDef, Facts, ForeignKeyOf, Index, Lookup, QualifiedName, Relation, TypeChange, Volatility,
};
use crate::text;
use core::cell::RefCell;
use core::ffi::{CStr, c_int};
use pgrx::pg_sys::{self, Oid};
use std::collections::HashMap;

mod catalog;
mod expression;
mod file;
mod index;
mod lock;
mod relation;
mod relcache;

pub(crate) use lock::is_held_by_others;
pub(crate) use relation::{
    attribute_name, attribute_number, created_oid, foreign_key_columns, is_made_in_this_transaction, name_of_noted,
    note_made_here, relation_oid,
};

/// Whether a question may be answered by planning, which runs IMMUTABLE functions of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planning {
    /// The statement runs next as the same user, and plans the same.
    Allowed,
    /// Nothing of a script that is only read may run.
    Never,
}

/// The server as it is now. One for each statement: answers are kept.
pub(crate) struct Live {
    planning: Planning,
    oids: RefCell<HashMap<QualifiedName, Option<Oid>>>,
    relations: RefCell<HashMap<QualifiedName, Lookup<Relation>>>,
}

impl Live {
    pub(crate) fn new(planning: Planning) -> Self {
        Self { planning, oids: RefCell::default(), relations: RefCell::default() }
    }

    /// With names whose relations are known already.
    pub(crate) fn knowing(planning: Planning, known: impl IntoIterator<Item = (QualifiedName, Oid)>) -> Self {
        let oids = known.into_iter().map(|(name, oid)| (name, Some(oid))).collect();
        Self { oids: RefCell::new(oids), ..Self::new(planning) }
    }

    /// The relation that a name means.
    fn oid(&self, name: &QualifiedName) -> Option<Oid> {
        let key = QualifiedName { at: None, only: false, ..name.clone() };
        *self.oids.borrow_mut().entry(key).or_insert_with(|| relation_oid(name))
    }
}

impl Facts for Live {
    fn server_major(&self) -> u32 {
        pg_sys::PG_VERSION_NUM / 10_000
    }

    fn relation(&self, name: &QualifiedName) -> Lookup<Relation> {
        let key = QualifiedName { at: None, ..name.clone() };
        if let Some(known) = self.relations.borrow().get(&key) {
            return known.clone();
        }
        let answer = self.oid(name).map_or(Lookup::Missing, |oid| relation::read(oid, name.only));
        self.relations.borrow_mut().insert(key, answer.clone());
        answer
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
        self.oid(table)
            .map_or(Lookup::Missing, |oid| expression::proves_not_null(oid, column, without, self.planning))
    }

    fn default_volatility(&self, column: &ColumnDef) -> Lookup<Volatility> {
        expression::default_volatility(column, self.planning)
    }

    fn type_change(&self, table: &QualifiedName, change: &AlterType) -> Lookup<TypeChange> {
        self.oid(table).map_or(Lookup::Missing, |oid| expression::type_change(oid, change, self.planning))
    }

    fn type_has_default(&self, column: &ColumnDef) -> bool {
        expression::type_has_default(column)
    }

    fn lock_timeout(&self) -> i32 {
        // SAFETY: reads a setting of this backend.
        unsafe { pg_sys::LockTimeout }
    }

    fn in_use(&self, table: &QualifiedName) -> bool {
        self.oid(table).is_some_and(is_held_by_others)
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

fn cache_id(id: pg_sys::SysCacheIdentifier::Type) -> c_int {
    c_int::try_from(id).unwrap_or(0)
}

/// The text of a fixed-length name of the catalog.
fn name_data(name: &pg_sys::NameData) -> String {
    // SAFETY: the server keeps names NUL-terminated.
    text::decode(unsafe { CStr::from_ptr(name.data.as_ptr()) }.to_bytes())
}

fn valid(oid: Oid) -> Option<Oid> {
    (oid != pg_sys::InvalidOid).then_some(oid)
}
