//! Every difference between majors in the nodes that are read.

use super::{AlterAction, Node};
use pgrx::pg_sys;

/// Whether rows that exist are left unchecked.
pub(super) fn leaves_rows_unchecked(constraint: &pg_sys::Constraint) -> bool {
    // The grammar fills `is_enforced` in for these alone.
    let may_be_unenforced =
        [pg_sys::ConstrType::CONSTR_CHECK, pg_sys::ConstrType::CONSTR_FOREIGN].contains(&constraint.contype);
    constraint.skip_validation || (may_be_unenforced && !is_enforced(constraint))
}

/// Whether a CHECK or a foreign key is checked at all.
#[cfg(feature = "pg18")]
pub(super) fn is_enforced(constraint: &pg_sys::Constraint) -> bool {
    constraint.is_enforced
}

#[cfg(not(feature = "pg18"))]
pub(super) fn is_enforced(_constraint: &pg_sys::Constraint) -> bool {
    true
}

/// `SET EXPRESSION`, from 17 on.
#[cfg(any(feature = "pg17", feature = "pg18"))]
pub(super) fn sets_expression(kind: pg_sys::AlterTableType::Type) -> bool {
    kind == pg_sys::AlterTableType::AT_SetExpression
}

#[cfg(not(any(feature = "pg17", feature = "pg18")))]
pub(super) fn sets_expression(_kind: pg_sys::AlterTableType::Type) -> bool {
    false
}

/// What `ALTER CONSTRAINT` does; before 18 only deferrability.
#[cfg(feature = "pg18")]
pub(super) fn altered_constraint(definition: Node<'_>) -> Option<AlterAction> {
    let constraint = definition.cast::<pg_sys::ATAlterConstraint>()?;
    Some(AlterAction::AlterConstraint {
        // SAFETY: a field of a live node.
        name: unsafe { crate::text::from_c(constraint.conname) }?,
        enforced: constraint.alterEnforceability.then_some(constraint.is_enforced),
        inherits: constraint.alterInheritability.then_some(!constraint.noinherit),
    })
}

#[cfg(not(feature = "pg18"))]
pub(super) fn altered_constraint(definition: Node<'_>) -> Option<AlterAction> {
    // SAFETY: a field of a live node.
    let name = unsafe { crate::text::from_c(definition.cast::<pg_sys::Constraint>()?.conname) }?;
    Some(AlterAction::AlterConstraint { name, enforced: None, inherits: None })
}

/// Whether a generated column is stored: before 18 there is no other.
#[cfg(not(feature = "pg18"))]
pub(super) fn is_stored(_constraint: &pg_sys::Constraint) -> bool {
    true
}

#[cfg(feature = "pg18")]
pub(super) fn is_stored(constraint: &pg_sys::Constraint) -> bool {
    constraint.generated_kind.cast_unsigned() == pg_sys::ATTRIBUTE_GENERATED_STORED
}

/// `NOT ENFORCED` behind a column's constraint, where the grammar leaves it as a node of its own.
#[cfg(feature = "pg18")]
pub(super) fn is_not_enforced(constraint: &pg_sys::Constraint) -> bool {
    constraint.contype == pg_sys::ConstrType::CONSTR_ATTR_NOT_ENFORCED
}

#[cfg(not(feature = "pg18"))]
pub(super) fn is_not_enforced(_constraint: &pg_sys::Constraint) -> bool {
    false
}

/// Whether a column is written with `COMPRESSION` or, from 16 on, `STORAGE`.
#[cfg(not(feature = "pg15"))]
pub(super) fn chooses_storage(column: &pg_sys::ColumnDef) -> bool {
    !column.compression.is_null() || !column.storage_name.is_null()
}

#[cfg(feature = "pg15")]
pub(super) fn chooses_storage(column: &pg_sys::ColumnDef) -> bool {
    !column.compression.is_null()
}

/// Called for each child of a raw node; true ends the walk.
type Walker = unsafe extern "C-unwind" fn(*mut pg_sys::Node, *mut core::ffi::c_void) -> bool;

unsafe extern "C-unwind" {
    // nodes/nodeFuncs.h; from 16 on the name is that of a macro.
    #[cfg_attr(not(feature = "pg15"), link_name = "raw_expression_tree_walker_impl")]
    fn raw_expression_tree_walker(node: *mut pg_sys::Node, walker: Walker, context: *mut core::ffi::c_void) -> bool;
}

/// Calls the walker for a raw node. An error of the server in it unwinds from here.
///
/// # Safety
/// A raw node, and a context that the walker knows; the walker holds nothing that is to be dropped.
pub(super) unsafe fn walk_raw(node: *mut pg_sys::Node, walker: Walker, context: *mut core::ffi::c_void) {
    // SAFETY: as the caller says; the boundary turns an error into an unwind, and the closure owns nothing.
    unsafe { pg_sys::ffi::pg_guard_ffi_boundary(|| walker(node, context)) };
}

/// Calls the walker for each child of a raw node, within [`walk_raw`].
///
/// # Safety
/// As for [`walk_raw`].
pub(super) unsafe fn walk_children(node: *mut pg_sys::Node, walker: Walker, context: *mut core::ffi::c_void) -> bool {
    // SAFETY: as the caller says.
    unsafe { raw_expression_tree_walker(node, walker, context) }
}

unsafe extern "C-unwind" {
    // miscadmin.h; declared here for a call without a boundary of its own.
    #[link_name = "stack_is_too_deep"]
    fn server_stack_is_too_deep() -> bool;
}

/// Whether the stack has no room for another level.
pub(super) fn stack_is_too_deep() -> bool {
    // SAFETY: looks at the address of the stack, and raises nothing.
    unsafe { server_stack_is_too_deep() }
}

/// The text of a string node's pointer: `String` is one struct from 15 on.
pub(super) fn string_pointer(string: &pg_sys::String) -> *const core::ffi::c_char {
    string.sval
}
