//! Whether what was read of the policy still holds.
//!
//! A change of a table of the policy is told to every session as a change of the table itself would be: the server
//! brings it with the other invalidations, in order with the commit that made it.

use super::Table;
use crate::server;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;

// A backend has one thread. The server calls the callback dozens of times a statement, and what is local to a thread is
// slower to reach from a library.
static CURRENT: AtomicBool = AtomicBool::new(false);
/// The tables that were read; none is 0.
static WATCHED: [AtomicU32; Table::OF_POLICY.len()] = [const { AtomicU32::new(0) }; Table::OF_POLICY.len()];

/// Called once, when the library is loaded.
pub(crate) fn register() {
    // SAFETY: the callback has the server's signature and lives as long as the process.
    unsafe { pg_sys::CacheRegisterRelcacheCallback(Some(on_change), Datum::from(0)) };
}

/// Must not fail: the server calls it wherever it looks for messages.
unsafe extern "C-unwind" fn on_change(_: Datum, relation: Oid) {
    let changed = relation.to_u32();
    if relation == pg_sys::InvalidOid || WATCHED.iter().any(|watched| watched.load(Relaxed) == changed) {
        CURRENT.store(false, Relaxed);
    }
}

/// Whether nothing of the policy has changed since [`read_from_now`].
pub(crate) fn is_current() -> bool {
    // SAFETY: takes the messages that have come, as every lock does.
    unsafe { server::AcceptInvalidationMessages() };
    CURRENT.load(Relaxed)
}

/// The policy is about to be read; what changes from now on is noticed. `false` where the extension is not there, for
/// then there is nothing to watch.
pub(crate) fn read_from_now() -> bool {
    let mut all = true;
    for (watched, table) in WATCHED.iter().zip(Table::OF_POLICY) {
        let oid = table.oid();
        watched.store(oid.map_or(0, Oid::to_u32), Relaxed);
        all &= oid.is_some();
    }
    CURRENT.store(all, Relaxed);
    all
}

/// What was begun with [`read_from_now`] has failed.
pub(crate) fn unread() {
    CURRENT.store(false, Relaxed);
}

/// Tells every session that a table of the policy has changed.
pub(super) fn tell(table: Oid) {
    // SAFETY: a table that is there.
    unsafe { pg_sys::CacheInvalidateRelcacheByRelid(table) };
}

/// What PostgreSQL looks up before it calls [`warden_policy_changed`].
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_warden_policy_changed() -> &'static pg_sys::Pg_finfo_record {
    const VERSION_1: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &VERSION_1
}

/// The statement trigger of the policy's tables: for changes by SQL, such as those of pg_restore.
///
/// # Safety
/// Called by the function manager.
#[unsafe(no_mangle)]
#[pg_guard]
pub unsafe extern "C-unwind" fn warden_policy_changed(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    // SAFETY: the function manager's call; the context is null or a node, whose tag comes first.
    let relation = unsafe {
        let context = (*fcinfo).context;
        let called_as_trigger = !context.is_null() && (*context).type_ == pg_sys::NodeTag::T_TriggerData;
        called_as_trigger.then(|| (*(*context.cast::<pg_sys::TriggerData>()).tg_relation).rd_id)
    };
    let Some(relation) = relation else {
        ereport!(ERROR, PgSqlErrorCode::ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED, "not called by the trigger manager");
    };
    tell(relation);
    Datum::from(0)
}
