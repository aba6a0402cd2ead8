//! A statement of our own as if a client had sent it and nothing else: outside of any function, so that it may commit within.
//!
//! As exec_simple_query of tcop/postgres.c does it. Vouches for: what must outlive the commits of the statement lies in a
//! context of its own below `TopMemoryContext`; an error that is not caught ends the worker.

use crate::spi;
use core::ffi::CStr;
use core::ptr;
use pgrx::pg_sys;

/// Runs one statement in transactions of its own.
pub(super) fn run(statement: &CStr) {
    // SAFETY: see the module's promise; every pointer comes from the server and is used while its context is there.
    unsafe {
        pg_sys::SetCurrentStatementStartTimestamp();
        pg_sys::pgstat_report_activity(pg_sys::BackendState::STATE_RUNNING, statement.as_ptr());
        pg_sys::debug_query_string = statement.as_ptr();
        pg_sys::StartTransactionCommand();
        let own = pg_sys::AllocSetContextCreateExtended(
            pg_sys::TopMemoryContext,
            c"pg_warden statement".as_ptr(),
            pg_sys::ALLOCSET_DEFAULT_MINSIZE as usize,
            pg_sys::ALLOCSET_DEFAULT_INITSIZE as usize,
            pg_sys::ALLOCSET_DEFAULT_MAXSIZE as usize,
        );
        pg_sys::MemoryContextSwitchTo(own);
        let portal = portal(statement);
        pg_sys::PortalStart(portal, ptr::null_mut(), 0, ptr::null_mut());
        let nowhere = pg_sys::CreateDestReceiver(pg_sys::CommandDest::DestNone);
        let all = core::ffi::c_long::MAX;
        #[cfg(not(feature = "pg18"))]
        pg_sys::PortalRun(portal, all, true, true, nowhere, nowhere, ptr::null_mut());
        #[cfg(feature = "pg18")]
        pg_sys::PortalRun(portal, all, true, nowhere, nowhere, ptr::null_mut());
        pg_sys::PortalDrop(portal, false);
        pg_sys::CommitTransactionCommand();
        pg_sys::MemoryContextSwitchTo(pg_sys::TopMemoryContext);
        pg_sys::MemoryContextDelete(own);
        pg_sys::debug_query_string = ptr::null();
        pg_sys::pgstat_report_activity(pg_sys::BackendState::STATE_IDLE, ptr::null());
    }
}

/// The same, with an error caught that comes of it: what it has not committed is undone.
pub(super) fn attempt(statement: &CStr) -> Result<(), spi::Caught> {
    let done = spi::caught_outside(|| run(statement));
    if done.is_err() {
        // SAFETY: the server shows it beside errors; the statement may be gone by then.
        unsafe { pg_sys::debug_query_string = ptr::null() };
    }
    done
}

/// A portal for the one statement of a text, which is a constant.
///
/// # Safety
/// In a transaction; the current context outlives it.
unsafe fn portal(text: &CStr) -> pg_sys::Portal {
    // SAFETY: as the caller says.
    unsafe {
        let parsed = pg_sys::list_nth(pg_sys::pg_parse_query(text.as_ptr()), 0).cast::<pg_sys::RawStmt>();
        let tag = pg_sys::CreateCommandTag((*parsed).stmt);
        let wants_snapshot = pg_sys::analyze_requires_snapshot(parsed);
        if wants_snapshot {
            pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        }
        let queries =
            pg_sys::pg_analyze_and_rewrite_fixedparams(parsed, text.as_ptr(), ptr::null(), 0, ptr::null_mut());
        let plans = pg_sys::pg_plan_queries(queries, text.as_ptr(), 0, ptr::null_mut());
        if wants_snapshot {
            pg_sys::PopActiveSnapshot();
        }
        let portal = pg_sys::CreatePortal(c"".as_ptr(), true, true);
        (*portal).visible = false;
        pg_sys::PortalDefineQuery(portal, ptr::null(), text.as_ptr(), tag, plans, ptr::null_mut());
        portal
    }
}
