//! The transactions of a procedure, each ended by itself.
//!
//! This module vouches for: SPI is connected and finished in pairs (an error in between ends in the transaction's abort, which does the
//! same), and a transaction is ended with no snapshot of ours and no SPI level but ours.

use core::ffi::c_int;
use core::time::Duration;
use pgrx::direct_function_call_as_datum;
use pgrx::pg_sys::{self, Datum};

/// Whether a procedure that is called may commit: neither in a transaction block nor by a function.
pub(crate) fn may_commit(call: pg_sys::FunctionCallInfo) -> bool {
    // SAFETY: the function manager's call; the context is null or a node, whose tag comes first.
    unsafe {
        let context = (*call).context;
        !context.is_null()
            && (*context).type_ == pg_sys::NodeTag::T_CallContext
            && !(*context.cast::<pg_sys::CallContext>()).atomic
    }
}

/// Leaves the transaction in which a procedure was called, which may not be READ COMMITTED.
pub(crate) fn begin_anew() {
    next(Duration::ZERO);
}

/// Commits in a procedure that may, and begins the next transaction after so long a time. Nothing that belongs to the transaction may be
/// held: no settings, no rows. While it waits there is no snapshot, so that no dead rows are kept from VACUUM.
///
/// Whatever the default is, the next one is READ COMMITTED: what is read after a lock was had must be what is there then.
pub(crate) fn next(after: Duration) {
    // SAFETY: the connection is closed here; an error in between ends in an abort, which does the same.
    unsafe {
        pg_sys::SPI_connect_ext(c_int::try_from(pg_sys::SPI_OPT_NONATOMIC).unwrap_or(0));
        pg_sys::SPI_commit();
        pg_sys::SPI_finish();
    }
    sleep(after);
    // SAFETY: the transaction has just begun and has no snapshot, so its isolation may be chosen. The portal of the CALL is there as
    // long as the procedure runs.
    unsafe {
        pg_sys::XactIsoLevel = pg_sys::XACT_READ_COMMITTED.cast_signed();
        pg_sys::EnsurePortalSnapshotExists();
    }
}

/// Waits, and can be cancelled meanwhile.
pub(crate) fn sleep(time: Duration) {
    if !time.is_zero() {
        // SAFETY: pg_sleep(float8).
        unsafe { direct_function_call_as_datum(pg_sys::pg_sleep, &[Datum::from(time.as_secs_f64().to_bits()).into()]) };
    }
}

/// Whether this is a standby.
pub(crate) fn is_in_recovery() -> bool {
    // SAFETY: reads shared state.
    unsafe { pg_sys::RecoveryInProgress() }
}

/// Refuses to go on in a transaction that may only read.
pub(crate) fn must_write(what: &core::ffi::CStr) {
    // SAFETY: a NUL-terminated text; raises the server's own error.
    unsafe { pg_sys::PreventCommandIfReadOnly(what.as_ptr()) };
}

/// Who works here: a background worker by its kind, a job of pg_cron, or somebody's session.
pub(crate) fn source() -> String {
    // SAFETY: null, or the entry of this background worker, whose texts are NUL-terminated.
    let worker = unsafe {
        let entry = pg_sys::MyBgworkerEntry;
        (!entry.is_null()).then(|| crate::text::from_c((*entry).bgw_type.as_ptr())).flatten()
    };
    worker.unwrap_or_else(|| {
        let is_cron = crate::store::application() == "pg_cron";
        if is_cron { "pg_cron" } else { "session" }.to_owned()
    })
}
