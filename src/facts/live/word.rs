//! Words of the server's grammar.

use crate::text;
use core::ffi::c_int;
use pgrx::pg_sys;

/// `RESERVED_KEYWORD` of common/keywords.h, a macro that pgrx does not bind.
const RESERVED: u8 = 3;

/// Whether a name is reserved, so that it is a name in quotes alone.
pub(super) fn is_reserved(name: &str) -> bool {
    // SAFETY: a NUL-terminated word; the table has a category for each keyword.
    unsafe {
        let number: c_int = pg_sys::ScanKeywordLookup(text::to_c(name), &raw const pg_sys::ScanKeywords);
        let categories = (&raw const pg_sys::ScanKeywordCategories).cast::<u8>();
        usize::try_from(number).is_ok_and(|number| *categories.add(number) == RESERVED)
    }
}
