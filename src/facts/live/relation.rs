//! Relations and their columns and foreign keys.

use super::catalog::Tuple;
use super::file::File;
use super::lock::{Opened, is_held_by_others};
use super::relcache::{Entry, schema_of};
use super::{Measuring, cache_id, name_data, type_in, valid};
use crate::ast::AlterAction;
use crate::config::Threshold;
use crate::facts::{Column, Deferred, Extent, ForeignKeyOf, Kind, QualifiedName, Relation, Standing};
use crate::server;
use crate::text;
use core::cell::RefCell;
use core::ffi::c_char;
use pgrx::pg_sys::{self, AttrNumber, Datum, Oid};
use std::collections::HashSet;
use std::rc::Rc;

thread_local! {
    /// Tables that this session made, also in earlier transactions.
    static MADE_HERE: RefCell<HashSet<u32>> = RefCell::default();
}

/// As many tables are remembered; a session that lives long may make and drop any number.
const MOST_MADE_HERE: usize = 100_000;

/// Remembers a table that this session made.
pub(crate) fn note_made_here(oid: Oid) {
    MADE_HERE.with_borrow_mut(|made| {
        if made.len() == MOST_MADE_HERE {
            made.clear();
        }
        made.insert(oid.to_u32());
    });
}

/// Whether a relation is there.
pub(crate) fn relation_exists(oid: Oid) -> bool {
    // SAFETY: any OID may be asked for; none has the kind 0.
    unsafe { pg_sys::get_rel_relkind(oid) != 0 }
}

/// The relation a name means to this session, without a look at privileges and without a lock.
pub(crate) fn relation_oid(name: &QualifiedName) -> Option<Oid> {
    let relation = text::to_c(&name.name);
    // SAFETY: NUL-terminated strings.
    unsafe {
        match &name.schema {
            None => valid(server::RelnameGetRelid(relation)),
            Some(schema) => {
                let namespace = valid(server::get_namespace_oid(text::to_c(schema), true))?;
                valid(server::get_relname_relid(relation, namespace))
            }
        }
    }
}

/// The relation that a CREATE of that name has just made: without a schema, in the first of the search path.
pub(crate) fn created_oid(name: &QualifiedName) -> Option<Oid> {
    if name.schema.is_some() {
        return relation_oid(name);
    }
    let namespace = creation_namespace()?;
    // SAFETY: the name is NUL-terminated.
    valid(unsafe { server::get_relname_relid(text::to_c(&name.name), namespace) })
}

/// Whether nothing in a schema has a name that a relation could be given: its type would need it as well.
pub(crate) fn is_free(schema: Oid, name: &str) -> bool {
    let name = text::to_c(name);
    // SAFETY: the name is NUL-terminated; any OID may be asked for.
    unsafe { valid(server::get_relname_relid(name, schema)).is_none() && type_in(schema, name).is_none() }
}

/// The first schema of the search path.
fn creation_namespace() -> Option<Oid> {
    // SAFETY: the list is a copy of OIDs.
    unsafe { oids(server::fetch_search_path(false)) }.first().copied()
}

pub(crate) fn creation_schema() -> Option<String> {
    // SAFETY: any OID may be asked for; null is answered for none.
    unsafe { text::from_c(server::get_namespace_name(creation_namespace()?)) }
}

/// Number of a column that is there.
pub(super) fn attribute_number(oid: Oid, column: &str) -> Option<AttrNumber> {
    attribute(oid, column).map(|tuple| tuple.form().attnum)
}

/// Schema and name of a relation that exists.
pub(crate) fn name_of_relation(oid: Oid) -> Option<QualifiedName> {
    class(oid).map(|tuple| QualifiedName::new(schema_of(tuple.form()), name_data(&tuple.form().relname)))
}

/// A relation that somebody noted, and how it is called now.
pub(crate) fn name_of_noted(oid: Oid) -> Option<QualifiedName> {
    Entry::of(oid).map(|entry| entry.name())
}

pub(super) fn class(oid: Oid) -> Option<Tuple<pg_sys::FormData_pg_class>> {
    // SAFETY: RELOID is a cache of pg_class.
    unsafe { Tuple::new(server::SearchSysCache1(cache_id(pg_sys::SysCacheIdentifier::RELOID), Datum::from(oid))) }
}

pub(super) fn attribute(oid: Oid, column: &str) -> Option<Tuple<pg_sys::FormData_pg_attribute>> {
    // SAFETY: a NUL-terminated name; the cache is one of pg_attribute.
    unsafe { Tuple::new(pg_sys::SearchSysCacheAttName(oid, text::to_c(column))) }
}

/// The relation as rules see it. `members` are asked for when its tree is measured.
pub(super) fn read(
    oid: Oid,
    only: bool,
    measuring: Measuring,
    members: impl FnOnce() -> Rc<[Oid]> + 'static,
) -> Option<Relation> {
    let entry = Entry::of(oid)?;
    let form = entry.form();
    let standing = standing(oid, &entry);
    let nobody_else_uses_it = matches!(standing, Deferred::Known(Standing::New | Standing::Unjudged));
    let extent = if nobody_else_uses_it && measuring == Measuring::Shared {
        Deferred::Known(Extent::nothing())
    } else {
        extent(oid, only, form, members)
    };
    Some(Relation {
        schema: schema_of(form),
        name: name_data(&form.relname).into(),
        kind: kind(form),
        unlogged: form.relpersistence.cast_unsigned() == pg_sys::RELPERSISTENCE_UNLOGGED,
        has_columns: form.relnatts > 0,
        large: large(&extent, form),
        extent,
        standing,
    })
}

fn extent(
    oid: Oid,
    only: bool,
    form: &pg_sys::FormData_pg_class,
    members: impl FnOnce() -> Rc<[Oid]> + 'static,
) -> Deferred<Extent> {
    match kind(form) {
        Kind::ForeignTable | Kind::View | Kind::Sequence | Kind::CompositeType | Kind::Other => {
            Deferred::Known(Extent::nothing())
        }
        // What has no file of its own is not to be measured by it.
        Kind::Index if form.relkind.cast_unsigned() == pg_sys::RELKIND_PARTITIONED_INDEX => {
            Deferred::Known(Extent::nothing())
        }
        _ if only => Deferred::later(move || Extent::of_member(oid).unwrap_or_else(Extent::nothing)),
        kind if kind == Kind::Partitioned || form.relhassubclass => {
            Deferred::later(move || Extent::of_tree(&members()))
        }
        _ => Deferred::later(move || Extent::by_look(oid)),
    }
}

/// Whether there is much, for which the length of the file is answer enough where it is short.
fn large(extent: &Deferred<Extent>, form: &pg_sys::FormData_pg_class) -> Deferred<bool> {
    let extent = match extent {
        Deferred::Known(extent) => return Deferred::Known(extent.is_large()),
        later @ Deferred::Later(_) => later.clone(),
    };
    let alone = File::of(form).filter(|_| !form.relhassubclass);
    Deferred::later(move || {
        let bytes = alone.and_then(super::file::File::length);
        bytes.is_none_or(|bytes| Extent::at_most(bytes).is_large()) && extent.get().is_large()
    })
}

pub(super) fn kind(form: &pg_sys::FormData_pg_class) -> Kind {
    match form.relkind.cast_unsigned() {
        pg_sys::RELKIND_RELATION => Kind::Table,
        pg_sys::RELKIND_PARTITIONED_TABLE => Kind::Partitioned,
        pg_sys::RELKIND_MATVIEW => Kind::MaterializedView,
        pg_sys::RELKIND_FOREIGN_TABLE => Kind::ForeignTable,
        pg_sys::RELKIND_VIEW => Kind::View,
        pg_sys::RELKIND_SEQUENCE => Kind::Sequence,
        pg_sys::RELKIND_INDEX | pg_sys::RELKIND_PARTITIONED_INDEX => Kind::Index,
        pg_sys::RELKIND_COMPOSITE_TYPE => Kind::CompositeType,
        _ => Kind::Other,
    }
}

fn standing(oid: Oid, entry: &Entry) -> Deferred<Standing> {
    let of_server = oid.to_u32() < pg_sys::FirstNormalObjectId;
    let temporary = entry.form().relpersistence.cast_unsigned() == pg_sys::RELPERSISTENCE_TEMP;
    // What an extension's script makes is not seen while it is new.
    if of_server || temporary {
        Deferred::Known(Standing::Unjudged)
    } else if entry.is_made_in_this_transaction() {
        Deferred::Known(Standing::New)
    } else {
        Deferred::later(move || standing_of_older(oid))
    }
}

/// By a search through pg_depend.
fn standing_of_older(oid: Oid) -> Standing {
    // SAFETY: any OID may be asked for.
    let extension = unsafe { pg_sys::getExtensionOfObject(pg_sys::RelationRelationId, oid) };
    if extension != pg_sys::InvalidOid {
        Standing::Unjudged
    } else if made_here_and_unused(oid) {
        Standing::New
    } else {
        Standing::Shared
    }
}

/// By the relcache: `pg_class.xmin` is wrong after any update of the row.
pub(crate) fn is_made_in_this_transaction(oid: Oid) -> bool {
    Entry::of(oid).is_some_and(|entry| entry.is_made_in_this_transaction())
}

fn made_here_and_unused(oid: Oid) -> bool {
    MADE_HERE.with_borrow(|made| made.contains(&oid.to_u32())) && !is_held_by_others(oid)
}

unsafe extern "C-unwind" {
    // catalog/pg_inherits.h and catalog/partition.h, which pgrx does not bind.
    fn find_all_inheritors(
        parent: Oid,
        lockmode: pg_sys::LOCKMODE,
        parents: *mut *mut pg_sys::List,
    ) -> *mut pg_sys::List;
    fn has_superclass(oid: Oid) -> bool;
    fn get_partition_parent(oid: Oid, even_if_detached: bool) -> Oid;
    fn get_default_partition_oid(parent: Oid) -> Oid;
}

/// The partitioned table that a relation is a partition of.
pub(super) fn parent(oid: Oid) -> Option<Oid> {
    class(oid).filter(|tuple| tuple.form().relispartition)?;
    // SAFETY: as in `tree`; a partition has a parent, unless it is going this moment, which raises.
    valid(unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| get_partition_parent(oid, true)) })
}

/// The default partition of a partitioned table.
pub(super) fn default_partition(oid: Oid) -> Option<Oid> {
    // SAFETY: as in `tree`; any OID may be asked for.
    valid(unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| get_default_partition_oid(oid)) })
}

/// A relation and its partitions or children, itself first, by the catalog alone.
pub(super) fn tree(oid: Oid) -> Vec<Oid> {
    // SAFETY: NoLock reads pg_inherits and locks nothing; the boundary turns an error into an unwind, and the closure
    // owns nothing. The list is one of OIDs.
    unsafe {
        let list = pg_sys::ffi::pg_guard_ffi_boundary(|| find_all_inheritors(oid, 0, core::ptr::null_mut()));
        oids(list)
    }
}

/// A relation with its partitions or children, where it may have any.
pub(super) fn members(oid: Oid) -> Vec<Oid> {
    let has_some = Entry::of(oid).is_some_and(|entry| entry.form().relhassubclass);
    if has_some { tree(oid) } else { vec![oid] }
}

/// # Safety
/// A list of OIDs, or null.
pub(super) unsafe fn oids(list: *mut pg_sys::List) -> Vec<Oid> {
    pgrx::memcx::current_context(|mcx| {
        // SAFETY: as the caller says; the downcast checks the kind of list.
        unsafe { pgrx::list::List::<Oid>::downcast_ptr_in_memcx(list, mcx) }
            .map(|list| list.iter().copied().collect())
            .unwrap_or_default()
    })
}

/// Whether nothing was ever written to a catalog.
pub(super) fn is_empty_catalog(oid: Oid) -> bool {
    class(oid).and_then(|tuple| File::of(tuple.form())).and_then(File::length) == Some(0)
}

/// Whether it is a partition or an inheritance child. The search through pg_inherits comes last.
pub(super) fn is_child(oid: Oid) -> bool {
    class(oid).is_some_and(|tuple| {
        let form = tuple.form();
        form.relispartition
            || (form.relkind.cast_unsigned() == pg_sys::RELKIND_RELATION
                // SAFETY: as in `tree`.
                && unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| has_superclass(oid)) })
    })
}

impl Extent {
    fn of_tree(members: &[Oid]) -> Self {
        members
            .iter()
            .filter_map(|member| Self::of_member(*member))
            .fold(Self::nothing(), |sum, member| sum.plus(&member))
    }

    /// A member of a tree by its statistics, which are as good as the sum needs; by a look where there are none.
    fn of_member(oid: Oid) -> Option<Self> {
        let tuple = class(oid)?;
        let form = tuple.form();
        if ![pg_sys::RELKIND_RELATION, pg_sys::RELKIND_MATVIEW].contains(&form.relkind.cast_unsigned()) {
            return None;
        }
        Some(Self::by_statistics(form).unwrap_or_else(|| {
            // Partitions made ahead of time are many, empty and never analysed: not worth opening each.
            if File::of(form).and_then(super::file::File::length) == Some(0) {
                Self::nothing()
            } else {
                Self::by_look(oid)
            }
        }))
    }

    fn by_statistics(form: &pg_sys::FormData_pg_class) -> Option<Self> {
        let pages = u64::try_from(form.relpages).ok().filter(|pages| *pages > 0 && form.reltuples >= 0.0)?;
        Some(Self { rows: Some(f64::from(form.reltuples)), bytes: Some(pages * u64::from(pg_sys::BLCKSZ)) })
    }

    /// As the planner sees it now: the blocks there are, and rows by the density that statistics or widths suggest.
    fn by_look(oid: Oid) -> Self {
        let Some(opened) = Opened::at_once(oid) else {
            return class(oid).and_then(|tuple| Self::by_statistics(tuple.form())).unwrap_or_default();
        };
        let (mut pages, mut rows, mut visible) = (0, 0.0, 0.0);
        // SAFETY: the relation is open and locked, and the places are ours.
        unsafe {
            let blocks = pg_sys::RelationGetNumberOfBlocksInFork(opened.as_ptr(), pg_sys::ForkNumber::MAIN_FORKNUM);
            if blocks == 0 {
                return Self::nothing();
            }
            pg_sys::estimate_rel_size(
                opened.as_ptr(),
                core::ptr::null_mut(),
                &raw mut pages,
                &raw mut rows,
                &raw mut visible,
            );
            Self { rows: Some(rows), bytes: Some(u64::from(blocks) * u64::from(pg_sys::BLCKSZ)) }
        }
    }

    fn nothing() -> Self {
        Self { rows: Some(0.0), bytes: Some(0) }
    }

    /// The sum; what is not known of one is not known of both.
    fn plus(self, other: &Self) -> Self {
        Self {
            rows: self.rows.zip(other.rows).map(|(a, b)| a + b),
            bytes: self.bytes.zip(other.bytes).map(|(a, b)| a + b),
        }
    }

    /// What a heap of so many bytes holds at most: rows without a column, as many as a page has room for.
    fn at_most(bytes: u64) -> Self {
        const PAGE_HEADER: u32 = 24;
        const ROW_HEADER_AND_POINTER: u32 = 24 + 4;
        let pages = bytes / u64::from(pg_sys::BLCKSZ);
        let a_page = (pg_sys::BLCKSZ - PAGE_HEADER) / ROW_HEADER_AND_POINTER;
        #[expect(clippy::cast_precision_loss, reason = "an upper bound of what is compared with a threshold")]
        let rows = pages as f64 * f64::from(a_page);
        Self { rows: Some(rows), bytes: Some(bytes) }
    }

    /// What could not be measured, because somebody has it locked, is taken to be large; what is empty never is.
    fn is_large(&self) -> bool {
        if self.rows == Some(0.0) && self.bytes == Some(0) {
            return false;
        }
        let rows = f64::from(Threshold::LargeTableRows.get());
        self.rows.is_none_or(|n| n >= rows) || self.bytes.is_none_or(|n| n >= large_size())
    }
}

/// Bytes from which on a relation is large.
pub(crate) fn large_size() -> u64 {
    u64::try_from(Threshold::LargeTableSize.get()).unwrap_or(0) * 1024
}

/// A column that exists.
pub(super) fn column(oid: Oid, name: &str) -> Option<Column> {
    let tuple = attribute(oid, name)?;
    let form = tuple.form();
    if form.attisdropped {
        return None;
    }
    Some(Column {
        not_null: form.attnotnull && not_null_is_validated(oid, form.attnum),
        has_default: form.atthasdef || form.attidentity != 0,
        null_fraction: null_fraction(oid, form.attnum),
    })
}

/// `ConstraintRelationId`, which pgrx does not bind for 18.
#[cfg(feature = "pg18")]
const CONSTRAINT_RELATION: Oid = Oid::from_u32(2606);

/// From 18 on a column may be NOT NULL for new rows alone.
#[cfg(feature = "pg18")]
fn not_null_is_validated(oid: Oid, attnum: pg_sys::AttrNumber) -> bool {
    unsafe extern "C-unwind" {
        // catalog/pg_constraint.h
        fn findNotNullConstraintAttnum(relid: Oid, attnum: pg_sys::AttrNumber) -> pg_sys::HeapTuple;
    }
    // SAFETY: as in `tree`; the result is a copy of a pg_constraint tuple, or null.
    unsafe {
        let tuple = pg_sys::ffi::pg_guard_ffi_boundary(|| findNotNullConstraintAttnum(oid, attnum));
        if tuple.is_null() {
            return true;
        }
        // pgrx binds no struct of pg_constraint for 18: the catalog says where the column is.
        let column = pg_sys::get_attnum(CONSTRAINT_RELATION, c"convalidated".as_ptr());
        let mut is_null = false;
        let cache = cache_id(pg_sys::SysCacheIdentifier::CONSTROID);
        pg_sys::SysCacheGetAttr(cache, tuple, column, &raw mut is_null).value() != 0
    }
}

#[cfg(not(feature = "pg18"))]
fn not_null_is_validated(_oid: Oid, _attnum: pg_sys::AttrNumber) -> bool {
    true
}

/// What statistics say of NULLs, to those who may read the table.
fn null_fraction(oid: Oid, attnum: pg_sys::AttrNumber) -> Option<f32> {
    // SAFETY: any OID may be asked for; STATRELATTINH is a cache of pg_statistic.
    let tuple = unsafe {
        let allowed = pg_sys::pg_class_aclcheck(oid, pg_sys::GetUserId(), pg_sys::AclMode::from(pg_sys::ACL_SELECT));
        if allowed != pg_sys::AclResult::ACLCHECK_OK {
            return None;
        }
        Tuple::<pg_sys::FormData_pg_statistic>::new(pg_sys::SearchSysCache3(
            cache_id(pg_sys::SysCacheIdentifier::STATRELATTINH),
            Datum::from(oid),
            Datum::from(attnum),
            Datum::from(false),
        ))
    }?;
    Some(tuple.form().stanullfrac)
}

/// Foreign keys of a table, from the relcache.
pub(super) fn foreign_keys(oid: Oid) -> Vec<ForeignKeyOf> {
    let Some(entry) = Entry::of(oid) else { return Vec::new() };
    entry.foreign_keys().iter().filter_map(|key| foreign_key(&entry, key)).collect()
}

fn foreign_key(table: &Entry, key: &pg_sys::ForeignKeyCacheInfo) -> Option<ForeignKeyOf> {
    Some(ForeignKeyOf {
        // SAFETY: any OID may be asked for; null is answered for none.
        name: unsafe { text::from_c(pg_sys::get_constraint_name(key.conoid)) }?,
        columns: columns_of(table, key),
        referenced: name_of_relation(key.confrelid)?,
        not_enforced: is_not_enforced(key),
    })
}

#[cfg(feature = "pg18")]
fn is_not_enforced(key: &pg_sys::ForeignKeyCacheInfo) -> bool {
    !key.conenforced
}

#[cfg(not(feature = "pg18"))]
fn is_not_enforced(_key: &pg_sys::ForeignKeyCacheInfo) -> bool {
    false
}

/// Numbers of the columns of each foreign key of a table.
pub(crate) fn foreign_key_numbers(oid: Oid) -> Vec<Vec<AttrNumber>> {
    Entry::of(oid).map(|entry| entry.foreign_keys().iter().map(numbers_of).collect()).unwrap_or_default()
}

/// Numbers of columns, if all are there.
pub(crate) fn column_numbers(oid: Oid, names: &[String]) -> Option<Vec<AttrNumber>> {
    let entry = Entry::of(oid)?;
    names.iter().map(|name| entry.column_number(name)).collect()
}

/// Names of columns, if all are there.
pub(crate) fn column_names(oid: Oid, numbers: &[AttrNumber]) -> Option<Vec<String>> {
    let entry = Entry::of(oid)?;
    numbers.iter().map(|number| entry.column_name(*number)).collect()
}

fn columns_of(table: &Entry, key: &pg_sys::ForeignKeyCacheInfo) -> Vec<String> {
    numbers_of(key).into_iter().filter_map(|number| table.column_name(number)).collect()
}

fn numbers_of(key: &pg_sys::ForeignKeyCacheInfo) -> Vec<AttrNumber> {
    key.conkey.iter().take(usize::try_from(key.nkeys).unwrap_or(0)).copied().collect()
}

/// Name of a column that is not dropped.
pub(crate) fn attribute_name(oid: Oid, attnum: pg_sys::AttrNumber) -> Option<String> {
    // SAFETY: missing columns are answered with null.
    let name: *const c_char = unsafe { pg_sys::get_attname(oid, attnum, true) };
    // SAFETY: null or NUL-terminated.
    unsafe { text::from_c(name) }
}

/// Whether a generated column is stored.
pub(super) fn is_stored(oid: Oid, column: &str) -> bool {
    attribute(oid, column)
        .is_some_and(|tuple| tuple.form().attgenerated.cast_unsigned() == pg_sys::ATTRIBUTE_GENERATED_STORED)
}

/// Whether SET TABLESPACE or SET ACCESS METHOD changes anything.
pub(super) fn moves(oid: Oid, action: &AlterAction) -> bool {
    let Some(tuple) = class(oid) else { return false };
    let form = tuple.form();
    // SAFETY: NUL-terminated names, and reads of backend-local settings.
    unsafe {
        match action {
            AlterAction::SetTablespace(name) => {
                let default = pg_sys::MyDatabaseTableSpace;
                let now = valid(form.reltablespace).unwrap_or(default);
                valid(pg_sys::get_tablespace_oid(text::to_c(name), true)).is_some_and(|new| new != now)
            }
            AlterAction::SetAccessMethod(name) => {
                let name = name.as_deref().map_or(pg_sys::default_table_access_method, text::to_c);
                valid(pg_sys::get_table_am_oid(name, true)).is_some_and(|new| new != form.relam)
            }
            _ => false,
        }
    }
}

/// The table that the server is about to write again, in an event trigger on `table_rewrite`, and why.
pub(crate) fn rewritten_now() -> Option<(QualifiedName, String)> {
    let no_call = core::ptr::null_mut();
    // SAFETY: both are called within the event that they are for, and look at no argument.
    let (oid, reason) = unsafe {
        let oid = pg_sys::pg_event_trigger_table_rewrite_oid(no_call).value();
        (u32::try_from(oid).ok()?, pg_sys::pg_event_trigger_table_rewrite_reason(no_call).value())
    };
    let has = |bit: u32| reason & usize::try_from(bit).unwrap_or(0) != 0;
    let reasons = [
        (pg_sys::AT_REWRITE_ALTER_PERSISTENCE, "it becomes logged or unlogged"),
        (pg_sys::AT_REWRITE_DEFAULT_VAL, "a column gets a value in every row"),
        (pg_sys::AT_REWRITE_COLUMN_REWRITE, "a column gets another type"),
        (pg_sys::AT_REWRITE_ACCESS_METHOD, "it gets another access method"),
    ];
    let said: Vec<_> = reasons.into_iter().filter(|(bit, _)| has(*bit)).map(|(_, words)| words).collect();
    Some((name_of_relation(Oid::from_u32(oid))?, said.join(", and ")))
}

/// Whether it is a partitioned table.
pub(super) fn is_partitioned(oid: Oid) -> bool {
    class(oid).is_some_and(|tuple| tuple.form().relkind.cast_unsigned() == pg_sys::RELKIND_PARTITIONED_TABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_of_a_long_session_do_not_add_up() {
        for oid in 1..=250_000 {
            note_made_here(Oid::from_u32(oid));
        }
        MADE_HERE.with_borrow(|made| {
            assert!(made.contains(&250_000));
            assert!(made.len() <= MOST_MADE_HERE);
        });
    }
}
