//! Every difference between majors in the nodes that are read.

use pgrx::pg_sys;

/// Whether rows that exist are left unchecked.
pub(super) fn leaves_rows_unchecked(constraint: &pg_sys::Constraint) -> bool {
    // The grammar fills `is_enforced` in for these alone.
    let may_be_unenforced =
        [pg_sys::ConstrType::CONSTR_CHECK, pg_sys::ConstrType::CONSTR_FOREIGN].contains(&constraint.contype);
    constraint.skip_validation || (may_be_unenforced && !is_enforced(constraint))
}

#[cfg(feature = "pg18")]
fn is_enforced(constraint: &pg_sys::Constraint) -> bool {
    constraint.is_enforced
}

#[cfg(not(feature = "pg18"))]
fn is_enforced(_constraint: &pg_sys::Constraint) -> bool {
    true
}

/// The text of a string node's pointer: `String` is one struct from 15 on.
pub(super) fn string_pointer(string: &pg_sys::String) -> *const core::ffi::c_char {
    string.sval
}
