//! What the server knows of storage parameters.

use core::ffi::c_char;
use pgrx::{IntoDatum, pg_sys};

/// Has the server refuse parameters, each `name=value`, that a table or its TOAST table cannot have; its own error unwinds.
pub(crate) fn check_storage_parameters(is_of_toast: bool, options: Vec<String>) {
    let kind = if is_of_toast { pg_sys::RELKIND_TOASTVALUE } else { pg_sys::RELKIND_RELATION };
    if let Some(options) = options.into_datum() {
        // SAFETY: an array of texts, as pg_class.reloptions is.
        unsafe { pg_sys::heap_reloptions(c_char::try_from(kind).unwrap_or_default(), options, true) };
    }
}
