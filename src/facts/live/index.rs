//! Indexes.

use super::catalog::Tuple;
use super::lock::Opened;
use super::relation::{attribute_name, class, name_of_relation};
use super::relcache::Entry;
use super::{cache_id, related, valid};
use crate::facts::{Index, QualifiedName, is_led_by};
use crate::server;
use pgrx::pg_sys::{self, AttrNumber, Datum, Oid};

/// The indexes of a table.
pub(super) fn of_table(table: Oid) -> Vec<Index> {
    let listed = Entry::of(table).map(|entry| entry.indexes().0).unwrap_or_default();
    listed.into_iter().filter_map(read).collect()
}

/// Whether an index tells the rows of a table apart.
pub(super) fn identifies_rows(table: Oid) -> bool {
    let has_primary_key = Entry::of(table).is_some_and(|entry| entry.indexes().1.is_some());
    has_primary_key || of_table(table).iter().any(|index| index.primary || index.identifies)
}

/// Indexes of a table in which a column has a part: as a key, included, in an expression or in the predicate. The columns
/// that an expression reads are left to the catalog.
pub(super) fn with_column(table: Oid, column: &str) -> Vec<QualifiedName> {
    let Some(entry) = Entry::of(table) else { return Vec::new() };
    let indexes: Vec<_> = entry.indexes().0.into_iter().filter_map(Entry::of).collect();
    if indexes.iter().any(|index| index.has_expressions() || index.has_predicate()) {
        return related::indexes_with(table, column);
    }
    let Some(number) = entry.column_number(column) else { return Vec::new() };
    let has_it = |index: &&Entry| index.index_form().is_some_and(|form| all_columns(form).contains(&number));
    indexes.iter().filter(has_it).map(Entry::name).collect()
}

/// Whether an index of a table finds rows by these columns.
pub(super) fn finds_rows_by(table: Oid, columns: &[String]) -> bool {
    // Under a lock no index of the table can go, so that its relcache entry may be made without a fear of errors.
    let Some(opened) = Opened::at_once(table) else {
        return of_table(table).iter().any(|index| index.serves(columns));
    };
    let numbers: Option<Vec<_>> = columns.iter().map(|column| opened.entry().column_number(column)).collect();
    numbers.is_some_and(|numbers| {
        opened.entry().indexes().0.into_iter().filter_map(Entry::of).any(|index| serves(&index, &numbers))
    })
}

/// As [`Index::serves`], on the relcache; a predicate is left to [`read`].
fn serves(index: &Entry, columns: &[AttrNumber]) -> bool {
    let Some(form) = index.index_form() else { return false };
    is_led_by(&key_columns(form), columns)
        && form.indisvalid
        && index.form().relam == pg_sys::BTREE_AM_OID
        && (!index.has_predicate() || read(form.indexrelid).is_some_and(|index| index.searchable))
}

fn form(index: Oid) -> Option<Tuple<pg_sys::FormData_pg_index>> {
    // SAFETY: INDEXRELID is a cache of pg_index.
    unsafe { Tuple::new(server::SearchSysCache1(cache_id(pg_sys::SysCacheIdentifier::INDEXRELID), Datum::from(index))) }
}

/// An index that exists.
pub(super) fn read(oid: Oid) -> Option<Index> {
    let tuple = form(oid)?;
    let form = tuple.form();
    let name = name_of_relation(oid)?;
    let table = form.indrelid;
    let class = class(oid)?;
    let keys = key_columns(form);
    let columns: Vec<_> = keys.iter().map(|attnum| attribute_name(table, *attnum)).collect();
    let predicate = predicate(&tuple);
    let whole = predicate.is_none_or(|text| demands_only_not_null(text, &keys));
    let total = predicate.is_none() && columns.iter().all(Option::is_some);
    Some(Index {
        schema: name.schema.unwrap_or_default().to_string(),
        name: name.name.to_string(),
        table: name_of_relation(table)?,
        primary: form.indisprimary,
        identifies: form.indisunique
            && form.indimmediate
            && form.indisvalid
            && total
            && keys.iter().all(|attnum| is_not_null(table, *attnum)),
        searchable: form.indisvalid && whole && class.form().relam == pg_sys::BTREE_AM_OID,
        unique: form.indisunique,
        includes: form.indnatts > form.indnkeyatts,
        of_constraint: belongs_to_constraint(oid, form),
        valid: form.indisvalid,
        matches_rows: form.indisunique
            && form.indimmediate
            && form.indisvalid
            && predicate.is_none()
            && all_columns_are_plain(form)
            && class.form().relam == pg_sys::BTREE_AM_OID,
        replica_identity: form.indisreplident,
        clustered: form.indisclustered,
        partitioned: class.form().relkind.cast_unsigned() == pg_sys::RELKIND_PARTITIONED_INDEX,
        columns,
    })
}

/// The search through pg_depend is left to those that could belong to one, and need not.
fn belongs_to_constraint(oid: Oid, form: &pg_sys::FormData_pg_index) -> bool {
    form.indisprimary
        || form.indisexclusion
        // SAFETY: any OID may be asked for.
        || (form.indisunique && valid(unsafe { pg_sys::get_index_constraint(oid) }).is_some())
}

/// Why the server's `transformIndexConstraint` refuses an index, in its order.
pub(super) fn unfit_for_key(table: Oid, index: Oid) -> Option<&'static str> {
    let index = Entry::of(index)?;
    let form = index.index_form()?;
    // SAFETY: any OID may be asked for.
    let has_constraint = valid(unsafe { pg_sys::get_index_constraint(form.indexrelid) }).is_some();
    Some(match () {
        () if has_constraint => "it belongs to a constraint already",
        () if form.indrelid != table => "it is an index of another table",
        () if !form.indisvalid => "it is not valid",
        () if !form.indisunique => "it is not unique",
        () if index.has_expressions() => "it is over an expression",
        () if index.has_predicate() => "it is partial, and leaves rows out",
        () if index.form().relam != pg_sys::BTREE_AM_OID => "it is no btree",
        () if !sorts_by_default(&index, form) => {
            "a column has another order, operator class or collation than by default"
        }
        () => return None,
    })
}

fn sorts_by_default(index: &Entry, form: &pg_sys::FormData_pg_index) -> bool {
    let keys = key_columns(form);
    let classes = index.operator_classes();
    // SAFETY: an open index has as many of each as it has key columns.
    let (collations, options) = unsafe {
        (
            core::slice::from_raw_parts((*index.as_ptr()).rd_indcollation, keys.len()),
            core::slice::from_raw_parts((*index.as_ptr()).rd_indoption, keys.len()),
        )
    };
    keys.iter().zip(classes).zip(collations.iter().zip(options)).all(|((key, class), (collation, options))| {
        // SAFETY: any type and method may be asked for.
        let is_default = |type_| unsafe { pg_sys::GetDefaultOpClass(type_, index.form().relam) } == class;
        *options == 0
            && column(form.indrelid, *key)
                .is_some_and(|column| is_default(column.form().atttypid) && column.form().attcollation == *collation)
    })
}

/// Key columns; 0 for an expression.
fn key_columns(form: &pg_sys::FormData_pg_index) -> Vec<AttrNumber> {
    let keys = usize::try_from(form.indnkeyatts).unwrap_or(0);
    all_columns(form).iter().take(keys).copied().collect()
}

/// Key columns and included ones.
fn all_columns(form: &pg_sys::FormData_pg_index) -> &[AttrNumber] {
    let count = usize::try_from(form.indnatts).unwrap_or(0);
    // SAFETY: `indkey` is the last fixed column, with as many values as the index has columns.
    unsafe { form.indkey.values.as_slice(count) }
}

/// Whether no key is an expression.
fn all_columns_are_plain(form: &pg_sys::FormData_pg_index) -> bool {
    key_columns(form).iter().all(|number| *number > 0)
}

/// The predicate as a node string, where there is one.
fn predicate(tuple: &Tuple<pg_sys::FormData_pg_index>) -> Option<Datum> {
    let mut is_null = true;
    let column = AttrNumber::try_from(pg_sys::Anum_pg_index_indpred).ok()?;
    // SAFETY: a live tuple of pg_index, and a column of it.
    let datum = unsafe {
        pg_sys::SysCacheGetAttr(
            cache_id(pg_sys::SysCacheIdentifier::INDEXRELID),
            tuple.as_ptr(),
            column,
            &raw mut is_null,
        )
    };
    (!is_null).then_some(datum)
}

/// Whether a predicate only leaves rows out in which a key column is NULL: those are no one's partner.
fn demands_only_not_null(predicate: Datum, keys: &[AttrNumber]) -> bool {
    // SAFETY: `indpred` is the node string of a condition; each node's tag is checked before it
    // is read as more than a node.
    unsafe {
        let condition = pg_sys::stringToNode(pg_sys::text_to_cstring(predicate.cast_mut_ptr()));
        let list = pg_sys::make_ands_implicit(condition.cast());
        pgrx::memcx::current_context(|mcx| {
            pgrx::list::List::<*mut core::ffi::c_void>::downcast_ptr_in_memcx(list, mcx).is_some_and(|list| {
                list.iter().all(|condition| {
                    let test = condition.cast::<pg_sys::NullTest>();
                    if (*test).xpr.type_ != pg_sys::NodeTag::T_NullTest
                        || (*test).nulltesttype != pg_sys::NullTestType::IS_NOT_NULL
                    {
                        return false;
                    }
                    let variable = (*test).arg.cast::<pg_sys::Var>();
                    (*variable).xpr.type_ == pg_sys::NodeTag::T_Var && keys.contains(&(*variable).varattno)
                })
            })
        })
    }
}

fn is_not_null(table: Oid, attnum: AttrNumber) -> bool {
    column(table, attnum).is_some_and(|tuple| tuple.form().attnotnull)
}

fn column(table: Oid, attnum: AttrNumber) -> Option<Tuple<pg_sys::FormData_pg_attribute>> {
    // SAFETY: ATTNUM is a cache of pg_attribute.
    unsafe {
        Tuple::new(pg_sys::SearchSysCache2(
            cache_id(pg_sys::SysCacheIdentifier::ATTNUM),
            Datum::from(table),
            Datum::from(attnum),
        ))
    }
}
