//! What pg_warden's background workers have in common.
//!
//! Vouches for: the signal handler is the server's own.
#![allow(unsafe_code, reason = "signals of a background worker; see the module's promise")]

use core::ffi::c_int;
use pgrx::bgworkers::BackgroundWorkerBuilder;
use pgrx::pg_sys;

unsafe extern "C-unwind" {
    /// tcop/tcopprot.h: ends the process at the next place where it may be interrupted.
    fn die(signal: c_int);
}

/// A worker that is connected to a database, and whose `function` the server calls in its process.
pub(crate) fn worker(name: &str, function: &str) -> BackgroundWorkerBuilder {
    BackgroundWorkerBuilder::new(name)
        .set_type(name)
        .set_library("pg_warden")
        .set_function(function)
        .enable_spi_access()
}

/// Lets signals in: SIGTERM ends the worker at once, as it does a session, and all that it has begun is undone.
pub(crate) fn unblock_signals() {
    let signal = pg_sys::SIGTERM.cast_signed();
    // SAFETY: the server's own handler, in a worker's process.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        pg_sys::pqsignal(signal, Some(die));
        #[cfg(feature = "pg18")]
        pg_sys::pqsignal_be(signal, Some(die));
        pg_sys::BackgroundWorkerUnblockSignals();
    }
}
