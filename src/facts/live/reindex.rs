//! Which indexes a change of type builds anew, although the table stays as it is.

use super::expression::resolve_collation;
use super::related::indexes_with;
use super::relation::{attribute, name_of_relation};
use super::relcache::Entry;
use super::valid;
use crate::ast::{AlterType, QualifiedName};
use pgrx::pg_sys::{self, AttrNumber, Oid};

/// What the server's `CheckIndexCompatible` will say once the column has its new type; before that it only compares the
/// index with itself.
pub(super) fn rebuilt(table: Oid, change: &AlterType, target: Oid) -> Vec<QualifiedName> {
    let Some(column) = attribute(table, &change.column) else { return Vec::new() };
    let form = column.form();
    let new = NewType {
        column: form.attnum,
        was: form.atttypid,
        is: target,
        collation_was: form.attcollation,
        // SAFETY: any type may be asked for.
        collation_is: resolve_collation(change).unwrap_or_else(|| unsafe { pg_sys::get_typcollation(target) }),
    };
    let affected = indexes_with(table, &change.column);
    let indexes = Entry::of(table).map(|entry| entry.indexes().0).unwrap_or_default();
    indexes
        .into_iter()
        .filter(|index| name_of_relation(*index).is_some_and(|name| affected.contains(&name)))
        .filter_map(Entry::of)
        .filter(|index| !is_kept(index, &new))
        .map(|index| index.name())
        .collect()
}

struct NewType {
    column: AttrNumber,
    was: Oid,
    is: Oid,
    collation_was: Oid,
    collation_is: Oid,
}

/// Whether the index keeps its file: no expression, no predicate, and the same operator class and collation.
fn is_kept(index: &Entry, new: &NewType) -> bool {
    let Some(form) = index.index_form() else { return true };
    if index.has_predicate() || index.has_expressions() {
        return false;
    }
    let count = usize::try_from(form.indnkeyatts).unwrap_or(0);
    // SAFETY: an index has at least as many of each as it has key columns.
    let (keys, classes, collations) = unsafe {
        let vector = index.operator_classes();
        (
            form.indkey.values.as_slice(count),
            vector,
            core::slice::from_raw_parts((*index.as_ptr()).rd_indcollation, count),
        )
    };
    keys.iter().zip(classes).zip(collations).filter(|((key, _), _)| **key == new.column).all(
        |((_, class), collation)| {
            class_after(class, index.form().relam, new) == Some(class)
                && collation_after(*collation, new) == *collation
                && !(new.was != new.is && is_polymorphic(class))
        },
    )
}

/// What was the default for the old type becomes the default for the new one; what was chosen by name stays.
fn class_after(class: Oid, method: Oid, new: &NewType) -> Option<Oid> {
    // SAFETY: any type and method may be asked for.
    let default_of = |type_| valid(unsafe { pg_sys::GetDefaultOpClass(type_, method) });
    if default_of(new.was) == Some(class) { default_of(new.is) } else { Some(class) }
}

/// What followed the column goes on to do so.
fn collation_after(collation: Oid, new: &NewType) -> Oid {
    if collation == new.collation_was { new.collation_is } else { collation }
}

/// Operators over any array, enum or range depend on the type of the column itself.
fn is_polymorphic(class: Oid) -> bool {
    // SAFETY: an operator class of an index exists.
    let input = unsafe { pg_sys::get_opclass_input_type(class) };
    [pg_sys::ANYARRAYOID, pg_sys::ANYENUMOID, pg_sys::ANYRANGEOID, pg_sys::ANYMULTIRANGEOID].contains(&input)
}
