//! What was read from catalogs without a lock, and whether it still holds under one.
//!
//! This module vouches for: a snapshot that is pushed here is popped here, or by the abort that an error ends in.

use crate::server;
use pgrx::pg_sys;

/// What was read, as of a moment from which on changes are heard of.
pub(crate) struct Observed<T> {
    pub(crate) value: T,
    heard: u64,
}

/// Reads with what is committed by now, and not by the beginning of the statement.
///
/// # Errors
/// What `read` returns; the server's own errors unwind.
pub(crate) fn observe<T, E>(read: impl FnOnce() -> Result<T, E>) -> Result<Observed<T>, E> {
    // SAFETY: takes the messages that have come, as every lock does; a counter of this backend.
    let heard = unsafe {
        server::AcceptInvalidationMessages();
        pg_sys::SharedInvalidMessageCounter
    };
    // SAFETY: popped below.
    unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot()) };
    let value = read();
    // SAFETY: pushed above, and `read` has popped what it pushed.
    unsafe { pg_sys::PopActiveSnapshot() };
    Ok(Observed { value: value?, heard })
}

impl<T> Observed<T> {
    /// Whether no session has told of a change of any catalog since. To be asked under a lock that such changes need as
    /// well: a session tells of its changes when they are visible to others and before it gives its locks back. The
    /// server itself relies on that where it locks a table by its name (`RangeVarGetRelidExtended`).
    pub(crate) fn still_holds(&self) -> bool {
        // SAFETY: a counter of this backend.
        unsafe { pg_sys::SharedInvalidMessageCounter == self.heard }
    }
}
