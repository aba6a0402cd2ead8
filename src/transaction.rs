//! What the server knows of the transaction that runs.
//!
//! Vouches for: none of the functions declared here raises an error or looks at anything but variables of the backend, so
//! that they need not be guarded as pgrx guards all that it binds, which takes longer than their work.
#![allow(unsafe_code, reason = "declares functions of the server; see the module's promise")]

use pgrx::pg_sys;

unsafe extern "C" {
    // access/xact.h
    safe fn IsTransactionBlock() -> bool;
    safe fn GetCurrentSubTransactionId() -> pg_sys::SubTransactionId;
    safe fn GetCurrentStatementStartTimestamp() -> pg_sys::TimestampTz;
    // utils/snapmgr.h
    safe fn ActiveSnapshotSet() -> bool;
}

/// Whether statements run in a transaction that somebody began; within a subtransaction they always do.
pub(crate) fn is_in_block() -> bool {
    IsTransactionBlock()
}

/// The subtransaction that is at work.
pub(crate) fn subtransaction() -> pg_sys::SubTransactionId {
    GetCurrentSubTransactionId()
}

/// When the client's statement came, in microseconds since 2000.
pub(crate) fn statement_time() -> pg_sys::TimestampTz {
    GetCurrentStatementStartTimestamp()
}

/// Whether catalogs can be read as they are for the statement.
pub(crate) fn has_snapshot() -> bool {
    ActiveSnapshotSet()
}
