//! The worker that takes blocked decisions from shared memory to the table of their database.
//!
//! It is started when there is something to write, and ends when there has been nothing for a moment: while it is connected
//! the database could not be dropped. It writes with the rights of the server, from C, and runs nothing of a user's.
//!
//! Vouches for: the entry point has the server's signature; SIGTERM ends it at once, as it does a session.
#![allow(unsafe_code, reason = "a background worker's entry point; see the module's promise")]

use super::{ring, write};
use crate::background;
use crate::spi;
use crate::store;
use core::ffi::{c_int, c_long};
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;

/// Milliseconds that it stays for what may come next.
const LINGERS: c_long = 200;
/// Decisions in one transaction.
const AT_ONCE: usize = 100;

/// Starts a worker for a database; `false` where the server has no room for one.
pub(super) fn start(database: Oid) -> bool {
    background::worker("pg_warden journal", "warden_journal_worker")
        .set_argument(Some(Datum::from(database)))
        .load_dynamic()
        .is_ok()
}

/// What the server runs in the worker's process.
///
/// # Safety
/// Called by the server with the OID of a database.
#[unsafe(no_mangle)]
#[pg_guard]
pub unsafe extern "C-unwind" fn warden_journal_worker(argument: Datum) {
    let database = Oid::from(u32::try_from(argument.value()).unwrap_or(0));
    // SAFETY: the order that the server asks of a worker.
    unsafe {
        pg_sys::before_shmem_exit(Some(give_place_back), argument);
        background::unblock_signals();
        pg_sys::BackgroundWorkerInitializeConnectionByOid(database, pg_sys::InvalidOid, 0);
    }
    loop {
        while write_some(database) {}
        nap();
        if ring::end_work_if_done(database) {
            return;
        }
    }
}

/// However it ends. The place of one that has ended in order is free already, or another's: then that one is started twice,
/// which does no harm.
#[pg_guard]
unsafe extern "C-unwind" fn give_place_back(status: c_int, argument: Datum) {
    if status != 0 {
        ring::end_work(Oid::from(u32::try_from(argument.value()).unwrap_or(0)));
    }
}

/// Writes what waits, up to a number, in a transaction of its own. Whether there may be more.
fn write_some(database: Oid) -> bool {
    let entries = ring::take(database, AT_ONCE);
    if entries.is_empty() {
        return false;
    }
    // SAFETY: a transaction from its start to its end; an error ends the worker, and what it had taken is in the log.
    unsafe {
        pg_sys::SetCurrentStatementStartTimestamp();
        pg_sys::StartTransactionCommand();
        // Whatever the database's default: it is not the users' transaction.
        pg_sys::XactReadOnly = false;
        pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        pg_sys::pgstat_report_activity(pg_sys::BackendState::STATE_RUNNING, c"writing warden.journal".as_ptr());
    }
    // The extension may have been dropped meanwhile, or be replicated from now on.
    if store::Table::Journal.oid().is_some() && store::replicated_by().is_none() {
        let count = entries.len();
        // Locked by somebody: in the log alone, then.
        if !matches!(spi::shielded(|| write(entries)), Ok(Ok(()))) {
            ring::leave_out(count);
        }
    }
    // SAFETY: as above.
    unsafe {
        pg_sys::PopActiveSnapshot();
        pg_sys::CommitTransactionCommand();
        pg_sys::pgstat_report_activity(pg_sys::BackendState::STATE_IDLE, core::ptr::null());
    }
    true
}

/// Waits for a moment, or for the end of the server.
fn nap() {
    let events = pg_sys::WL_LATCH_SET | pg_sys::WL_TIMEOUT | pg_sys::WL_EXIT_ON_PM_DEATH;
    // SAFETY: this process's own latch.
    unsafe {
        pg_sys::WaitLatch(pg_sys::MyLatch, events.cast_signed(), LINGERS, pg_sys::PG_WAIT_EXTENSION);
        pg_sys::ResetLatch(pg_sys::MyLatch);
    }
    pgrx::check_for_interrupts!();
}
