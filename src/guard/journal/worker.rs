//! The worker that takes blocked decisions from shared memory to the table of their database.
//!
//! It is started when there is something to write, and ends when there has been nothing for a moment: while it is connected
//! the database could not be dropped. It writes with the rights of the server, from C, and runs nothing of a user's.
//!
//! Vouches for: the entry point has the server's signature; SIGTERM ends it at once, as it does a session.
#![allow(unsafe_code, reason = "a background worker's entry point; see the module's promise")]

use super::{ring, write};
use crate::spi;
use crate::store;
use core::ffi::{CStr, c_char, c_int, c_long};
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;

unsafe extern "C-unwind" {
    /// tcop/tcopprot.h: ends the process at the next place where it may be interrupted.
    fn die(signal: c_int);
}

/// Milliseconds that it stays for what may come next.
const LINGERS: c_long = 200;
/// Decisions in one transaction.
const AT_ONCE: usize = 100;

/// Starts a worker for a database; `false` where the server has no room for one.
pub(super) fn start(database: Oid) -> bool {
    let mut worker = pg_sys::BackgroundWorker {
        bgw_flags: (pg_sys::BGWORKER_SHMEM_ACCESS | pg_sys::BGWORKER_BACKEND_DATABASE_CONNECTION).cast_signed(),
        bgw_start_time: pg_sys::BgWorkerStartTime::BgWorkerStart_RecoveryFinished,
        bgw_restart_time: pg_sys::BGW_NEVER_RESTART,
        bgw_main_arg: Datum::from(database),
        ..Default::default()
    };
    copy(&mut worker.bgw_name, c"pg_warden journal");
    copy(&mut worker.bgw_type, c"pg_warden journal");
    copy(&mut worker.bgw_library_name, c"pg_warden");
    copy(&mut worker.bgw_function_name, c"warden_journal_worker");
    // SAFETY: the server copies the description.
    unsafe { pg_sys::RegisterDynamicBackgroundWorker(&raw mut worker, core::ptr::null_mut()) }
}

/// # Safety
/// In a worker's process, before it lets signals in.
unsafe fn on_sigterm() {
    let signal = pg_sys::SIGTERM.cast_signed();
    // SAFETY: the server's own handler.
    unsafe {
        #[cfg(not(feature = "pg18"))]
        pg_sys::pqsignal(signal, Some(die));
        #[cfg(feature = "pg18")]
        pg_sys::pqsignal_be(signal, Some(die));
    }
}

fn copy(room: &mut [c_char], text: &CStr) {
    for (place, byte) in room.iter_mut().zip(text.to_bytes_with_nul()) {
        *place = byte.cast_signed();
    }
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
        on_sigterm();
        pg_sys::before_shmem_exit(Some(give_place_back), argument);
        pg_sys::BackgroundWorkerUnblockSignals();
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
