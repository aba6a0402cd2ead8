//! What attaching a partition makes the server do.

use super::Planning;
use super::expression::{ask, cooked, implied_by_constraints, node};
use super::lock::Opened;
use super::relation::{default_partition, kind};
use super::relcache::Entry;
use crate::ast::Opaque;
use crate::facts::{Attachment, Kind, Lookup};
use crate::text;
use core::ptr;
use pgrx::pg_sys::{self, NodeTag, Oid};

unsafe extern "C-unwind" {
    // parser/parse_utilcmd.h and partitioning/partbounds.h, which pgrx does not bind.
    fn transformPartitionBound(
        state: *mut pg_sys::ParseState,
        parent: pg_sys::Relation,
        spec: *mut pg_sys::PartitionBoundSpec,
    ) -> *mut pg_sys::PartitionBoundSpec;
    // utils/partcache.h and catalog/partition.h.
    fn RelationGetPartitionQual(relation: pg_sys::Relation) -> *mut pg_sys::List;
    fn get_proposed_default_constraint(new_part_constraints: *mut pg_sys::List) -> *mut pg_sys::List;
    fn map_partition_varattnos(
        expressions: *mut pg_sys::List,
        from_varno: core::ffi::c_int,
        to: pg_sys::Relation,
        from: pg_sys::Relation,
    ) -> *mut pg_sys::List;
}

/// What `ALTER TABLE … ATTACH PARTITION` does besides, by the server's own reading of the bound.
pub(super) fn attachment(
    table: Oid,
    partition: Option<Oid>,
    bound: &Opaque,
    checks: &[(Oid, &Opaque)],
    planning: Planning,
) -> Lookup<Attachment> {
    ask(planning, || {
        let Some(spec) = node(bound) else { return Lookup::Missing };
        // Reading a bound evaluates it, which would run what a stranger wrote.
        // SAFETY: a node of the statement, whose tag the lowering has checked.
        if planning == Planning::Never && !unsafe { is_literal(spec.cast()) } {
            return Lookup::NotChecked("Its bound is an expression, which is not evaluated here.".to_owned());
        }
        let child = partition.map(Opened::at_once);
        let (Some(parent), None | Some(Some(_))) = (Opened::at_once(table), &child) else {
            return Lookup::NotChecked("A table of it is locked by another session.".to_owned());
        };
        let child = child.flatten();
        // What the server refuses later: its code takes a parent's key for granted, and an index has none.
        let is_table =
            |child: &Opened| matches!(kind(child.entry().form()), Kind::Table | Kind::Partitioned | Kind::ForeignTable);
        if kind(parent.entry().form()) != Kind::Partitioned || !child.as_ref().is_none_or(is_table) {
            return Lookup::Missing;
        }
        // SAFETY: an open partitioned table and an open table; the bound is a copy, for the server writes to it.
        Lookup::Found(unsafe {
            let bound = read_bound(parent.as_ptr(), spec);
            let own = pg_sys::get_qual_from_partbound(parent.as_ptr(), bound);
            let relation = parent.as_ptr();
            let inherited = pg_sys::ffi::pg_guard_ffi_boundary(|| RelationGetPartitionQual(relation));
            let all = pg_sys::list_concat_copy(own, inherited);
            let default = default_partition(table).filter(|_| !(*bound).is_default);
            Attachment {
                condition: child.as_ref().map(|c| as_sql(mapped(all, c.as_ptr(), relation))),
                default_condition: default.and_then(|default| demanded_of_default(default, relation, own)),
                scans_partition: child.as_ref().is_some_and(|c| !is_implied(c, relation, all, checks, planning)),
                scans_default: !(*bound).is_default && default_is_scanned(table, relation, own, checks, planning),
                missing_indexes: child.map(|c| missing_indexes(parent.entry(), c.entry())).unwrap_or_default(),
            }
        })
    })
}

/// What the default partition may hold besides a new one, as SQL.
///
/// # Safety
/// The open parent and conditions over its columns.
unsafe fn demanded_of_default(default: Oid, parent: pg_sys::Relation, bound: *mut pg_sys::List) -> Option<String> {
    let opened = Opened::at_once(default)?;
    // SAFETY: as the caller says.
    unsafe {
        let remaining = pg_sys::ffi::pg_guard_ffi_boundary(|| get_proposed_default_constraint(bound));
        Some(as_sql(mapped(remaining, opened.as_ptr(), parent)))
    }
}

/// Conditions over the parent's columns as ones over a partition's.
///
/// # Safety
/// Open relations, and conditions over the columns of the parent.
unsafe fn mapped(
    conditions: *mut pg_sys::List,
    partition: pg_sys::Relation,
    parent: pg_sys::Relation,
) -> (*mut pg_sys::Node, Oid) {
    // SAFETY: as the caller says; what the server writes to are copies.
    unsafe {
        let mapped = pg_sys::ffi::pg_guard_ffi_boundary(|| map_partition_varattnos(conditions, 1, partition, parent));
        (pg_sys::make_ands_explicit(mapped).cast(), (*partition).rd_id)
    }
}

/// A condition over one relation, in brackets, as the server writes it.
///
/// # Safety
/// A condition over the columns of the relation.
unsafe fn as_sql((condition, relation): (*mut pg_sys::Node, Oid)) -> String {
    // SAFETY: as the caller says; the name of a relation that exists is NUL-terminated.
    unsafe {
        let context = pg_sys::deparse_context_for(pg_sys::get_rel_name(relation), relation);
        let text = text::from_c(pg_sys::deparse_expression(condition, context, false, false)).unwrap_or_default();
        if text.starts_with('(') { text } else { format!("({text})") }
    }
}

/// Whether a default partition is read for rows of a new one, whose bound is these conditions.
///
/// # Safety
/// The open parent and conditions over its columns.
unsafe fn default_is_scanned(
    table: Oid,
    parent: pg_sys::Relation,
    bound: *mut pg_sys::List,
    checks: &[(Oid, &Opaque)],
    planning: Planning,
) -> bool {
    let Some(default) = default_partition(table) else { return false };
    let Some(opened) = Opened::at_once(default) else { return true };
    // SAFETY: as the caller says.
    unsafe {
        let remaining = pg_sys::ffi::pg_guard_ffi_boundary(|| get_proposed_default_constraint(bound));
        !is_implied(&opened, parent, remaining, checks, planning)
    }
}

/// # Safety
/// The open parent, and a bound as the grammar makes it.
unsafe fn read_bound(parent: pg_sys::Relation, spec: *mut pg_sys::Node) -> *mut pg_sys::PartitionBoundSpec {
    // SAFETY: as the caller says; the empty text is what error positions are counted in.
    unsafe {
        let state = pg_sys::make_parsestate(ptr::null_mut());
        (*state).p_sourcetext = c"".as_ptr();
        let copy = pg_sys::copyObjectImpl(spec.cast_const().cast()).cast::<pg_sys::PartitionBoundSpec>();
        pg_sys::ffi::pg_guard_ffi_boundary(|| transformPartitionBound(state, parent, copy))
    }
}

/// Whether a partition's NOT NULLs and CHECKs prove what its bound demands.
///
/// # Safety
/// Open relations, and conditions over the columns of the parent.
unsafe fn is_implied(
    partition: &Opened,
    parent: pg_sys::Relation,
    conditions: *mut pg_sys::List,
    checks: &[(Oid, &Opaque)],
    planning: Planning,
) -> bool {
    if conditions.is_null() {
        return true;
    }
    // SAFETY: as the caller says; what the server writes to are copies.
    unsafe {
        let planned = pg_sys::eval_const_expressions(ptr::null_mut(), conditions.cast()).cast::<pg_sys::List>();
        let whole = pg_sys::lappend(ptr::null_mut(), pg_sys::make_ands_explicit(planned).cast());
        let relation = partition.as_ptr();
        let mapped = pg_sys::ffi::pg_guard_ffi_boundary(|| map_partition_varattnos(whole, 1, relation, parent));
        let oid = (*relation).rd_id;
        let added = checks.iter().filter(|(table, _)| *table == oid).filter_map(|(_, check)| cooked(partition, check));
        let known = added.fold(ptr::null_mut(), |list, condition| {
            pg_sys::list_concat(list, pg_sys::make_ands_implicit(condition.cast()))
        });
        implied_by_constraints(relation, mapped, known, planning)
    }
}

/// Whether a bound is made of constants alone.
///
/// # Safety
/// A bound as the grammar makes it.
unsafe fn is_literal(spec: *mut pg_sys::PartitionBoundSpec) -> bool {
    pgrx::memcx::current_context(|mcx| {
        // SAFETY: as the caller says; each is a list of nodes, or null.
        let lists = unsafe { [(*spec).listdatums, (*spec).lowerdatums, (*spec).upperdatums] };
        lists.into_iter().all(|list| {
            // SAFETY: as above; every node begins with its tag.
            unsafe { pgrx::list::List::<*mut core::ffi::c_void>::downcast_ptr_in_memcx(list, mcx) }.is_none_or(|list| {
                list.iter().all(|datum| {
                    // SAFETY: as above.
                    let tag = unsafe { (*datum.cast::<pg_sys::Node>()).type_ };
                    matches!(tag, NodeTag::T_A_Const | NodeTag::T_ColumnRef)
                })
            })
        })
    })
}

/// Indexes of the parent for which the partition has none that could be attached.
fn missing_indexes(parent: &Entry, partition: &Entry) -> Vec<String> {
    let theirs: Vec<Entry> = partition.indexes().0.into_iter().filter_map(Entry::of).collect();
    parent
        .indexes()
        .0
        .into_iter()
        .filter_map(Entry::of)
        .filter(|index| !theirs.iter().any(|own| is_alike(index, own, parent, partition)))
        .map(|index| index.name().name.to_string())
        .collect()
}

/// `CompareIndexInfo`, and a constraint where the parent's index belongs to one.
fn is_alike(index: &Entry, own: &Entry, parent: &Entry, partition: &Entry) -> bool {
    let is_constraint = |index: &Entry| index.index_form().is_some_and(|form| form.indisprimary || form.indisexclusion);
    if is_constraint(index) != is_constraint(own) || !own.index_form().is_some_and(|form| form.indisvalid) {
        return false;
    }
    // SAFETY: open indexes and tables; the map is made for their descriptors.
    unsafe {
        let map = attribute_map((*partition.as_ptr()).rd_att, (*parent.as_ptr()).rd_att);
        let (a, b) = (index.as_ptr(), own.as_ptr());
        pg_sys::CompareIndexInfo(
            pg_sys::BuildIndexInfo(b),
            pg_sys::BuildIndexInfo(a),
            (*b).rd_indcollation,
            (*a).rd_indcollation,
            (*b).rd_opfamily,
            (*a).rd_opfamily,
            map,
        )
    }
}

/// # Safety
/// Tuple descriptors.
#[cfg(feature = "pg15")]
unsafe fn attribute_map(inner: pg_sys::TupleDesc, outer: pg_sys::TupleDesc) -> *mut pg_sys::AttrMap {
    // SAFETY: as the caller says.
    unsafe { pg_sys::build_attrmap_by_name(inner, outer) }
}

/// # Safety
/// Tuple descriptors.
#[cfg(not(feature = "pg15"))]
unsafe fn attribute_map(inner: pg_sys::TupleDesc, outer: pg_sys::TupleDesc) -> *mut pg_sys::AttrMap {
    // SAFETY: as the caller says.
    unsafe { pg_sys::build_attrmap_by_name(inner, outer, false) }
}
