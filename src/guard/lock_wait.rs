//! `warden.ddl_lock_timeout`: a bound for the wait of a DDL statement that has none.
//!
//! Vouches for: the setting is local to the transaction, and is taken back when the statement that set it has ended; an
//! abort takes it back by itself.
#![allow(unsafe_code, reason = "sets lock_timeout; see the module's promise")]

use crate::config::Threshold;
use crate::transaction;
use core::cell::Cell;
use pgrx::pg_sys;
use std::ffi::CString;

/// The statement for which the timeout is set, by the address of its tree, and the subtransaction that it runs in.
#[derive(Clone, Copy)]
struct Setter {
    statement: usize,
    by: pg_sys::SubTransactionId,
}

thread_local! {
    static SETTER: Cell<Option<Setter>> = const { Cell::new(None) };
}

/// Whether a statement that is about to run is to be given a timeout: none is in effect, and one is configured.
pub(super) fn is_wanted() -> bool {
    // SAFETY: reads a setting of this backend.
    Threshold::DdlLockTimeout.get() > 0 && unsafe { pg_sys::LockTimeout } == 0
}

/// Bounds the wait of a statement. Not to be called within a subtransaction of pg_warden's own, whose end would end it.
pub(super) fn bound(statement: *mut pg_sys::Node) {
    set(Threshold::DdlLockTimeout.get());
    let by = transaction::subtransaction();
    SETTER.set(Some(Setter { statement: statement as usize, by }));
}

/// Whether the statement that runs now was given its timeout here.
pub(super) fn is_bound() -> bool {
    SETTER.get().is_some()
}

/// Takes the bound back when the statement that it was set for has ended.
pub(super) fn release(statement: *mut pg_sys::Node) {
    if SETTER.get().is_some_and(|setter| setter.statement == statement as usize) {
        SETTER.set(None);
        set(0);
    }
}

/// The transaction has ended, and the setting with it. Must not fail.
pub(super) fn forget() {
    SETTER.set(None);
}

/// A subtransaction has ended: the setting is its parent's now, or gone. Must not fail.
pub(super) fn end_subtransaction(own: pg_sys::SubTransactionId, parent: Option<pg_sys::SubTransactionId>) {
    if let Some(setter) = SETTER.get().filter(|setter| setter.by == own) {
        SETTER.set(parent.map(|by| Setter { by, ..setter }));
    }
}

fn set(milliseconds: i32) {
    let Ok(value) = CString::new(milliseconds.to_string()) else { return };
    // SAFETY: NUL-terminated strings; the action is local to the transaction.
    unsafe {
        pg_sys::set_config_option(
            c"lock_timeout".as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            pg_sys::GucAction::GUC_ACTION_LOCAL,
            true,
            0,
            false,
        );
    }
}
