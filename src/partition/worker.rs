//! Maintenance of partitions that nobody has to call: a launcher that is there with the server, and from time to time a
//! worker for each database, which does what is due there and ends.
//!
//! The launcher is connected to no database, so that each can be dropped. A worker that cannot connect, or is killed, is
//! begun again after the next nap, and hinders no other database.
//!
//! Vouches for: the entry points have the server's signature; scans and transactions are ended in the function that began
//! them, an error between ends the process.
#![allow(unsafe_code, reason = "background workers' entry points, and a scan of pg_database; see the module's promise")]

use super::detached::{self, Removing};
use crate::{background, config, spi, store, text};
use core::ffi::{CStr, c_char};
use core::ptr;
use core::time::Duration;
use pgrx::bgworkers::{BackgroundWorker, BackgroundWorkerStatus, DynamicBackgroundWorker, SignalWakeFlags};
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

mod detacher;
mod top_level;

const LAUNCHER: &str = "pg_warden partition launcher";
const WORKER: &str = "pg_warden partition worker";

static IS_REGISTERED: AtomicBool = AtomicBool::new(false);

/// Registers the launcher, where the library is loaded by the server itself, but not while pg_upgrade is at work.
pub(crate) fn register() {
    // SAFETY: reads globals of the server.
    if unsafe { pg_sys::process_shared_preload_libraries_in_progress && !pg_sys::IsBinaryUpgrade } {
        background::worker(LAUNCHER, "warden_partition_launcher")
            .set_restart_time(Some(Duration::from_secs(10)))
            .load();
        IS_REGISTERED.store(true, Ordering::Relaxed);
    }
}

/// Why no worker comes to this database; `None` where one does.
pub(super) fn is_missing(database: &str) -> Option<&'static str> {
    if !IS_REGISTERED.load(Ordering::Relaxed) {
        return Some("pg_warden is not in shared_preload_libraries.");
    }
    if !config::PARTITION_WORKER.get() {
        return Some("warden.partition_worker is off.");
    }
    (!is_named(database)).then_some("warden.partition_worker_databases names other databases.")
}

/// Whether the worker is to come to a database of that name.
fn is_named(database: &str) -> bool {
    let names = config::text(&config::PARTITION_WORKER_DATABASES);
    names.trim().is_empty() || identifiers(&names).is_some_and(|names| names.iter().any(|name| name == database))
}

/// The names in a list of identifiers, as the server reads one; `None` where it cannot.
fn identifiers(list: &str) -> Option<Vec<String>> {
    let mut names = ptr::null_mut();
    // SAFETY: the text is a copy that the server may write in; the list points into it, and is read before both go.
    unsafe {
        let text = pg_sys::pstrdup(text::to_c(list));
        let is_list = pg_sys::SplitIdentifierString(text, c_char::try_from(b',').ok()?, &raw mut names);
        is_list.then(|| {
            let names = pgrx::PgList::<c_char>::from_pg(names);
            names.iter_ptr().filter_map(|name| text::from_c(name)).collect()
        })
    }
}

/// What the server runs in the launcher's process.
#[unsafe(no_mangle)]
#[pg_guard]
pub extern "C-unwind" fn warden_partition_launcher(_argument: Datum) {
    BackgroundWorker::attach_signal_handlers(SignalWakeFlags::SIGHUP | SignalWakeFlags::SIGTERM);
    BackgroundWorker::connect_worker_to_spi(None, None);
    let mut workers = HashMap::new();
    loop {
        if BackgroundWorker::sighup_received() {
            // SAFETY: the server's own, outside of transactions.
            unsafe { pg_sys::ProcessConfigFile(pg_sys::GucContext::PGC_SIGHUP) };
        }
        let is_on = config::PARTITION_WORKER.get();
        if is_on {
            look_after(&mut workers);
        }
        // Switched off, it sleeps until the settings are read again.
        let nap = is_on.then(|| Duration::from_secs(u64::from(config::PARTITION_WORKER_NAPTIME.get().unsigned_abs())));
        if !BackgroundWorker::wait_latch(nap) {
            // The server begins again only what has not ended in order.
            // SAFETY: outside of transactions.
            unsafe { pg_sys::proc_exit(1) };
        }
    }
}

/// Begins a worker for each database, but where the last one is still at work.
fn look_after(workers: &mut HashMap<Oid, DynamicBackgroundWorker>) {
    workers.retain(|_, worker| !matches!(worker.pid(), Err(BackgroundWorkerStatus::Stopped)));
    for database in databases() {
        if workers.contains_key(&database) {
            continue;
        }
        let worker = background::worker(WORKER, "warden_partition_worker").set_argument(Some(Datum::from(database)));
        let Ok(worker) = worker.load_dynamic() else {
            ereport!(
                PgLogLevel::LOG,
                PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
                "no background worker left for the maintenance of partitions, trying again later",
                "max_worker_processes is to be raised where this is said again and again."
            );
            return;
        };
        workers.insert(database, worker);
    }
}

/// The databases that a worker is to come to.
fn databases() -> Vec<Oid> {
    let mut found = Vec::new();
    // SAFETY: a transaction from its start to its end around a scan of a shared catalog, each closed below; the form of a
    // row of pg_database begins with fixed columns.
    unsafe {
        pg_sys::SetCurrentStatementStartTimestamp();
        pg_sys::StartTransactionCommand();
        pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        let relation = pg_sys::table_open(pg_sys::DatabaseRelationId, pg_sys::AccessShareLock.cast_signed());
        let scan = pg_sys::table_beginscan_catalog(relation, 0, ptr::null_mut());
        loop {
            let tuple = pg_sys::heap_getnext(scan, pg_sys::ScanDirection::ForwardScanDirection);
            if tuple.is_null() {
                break;
            }
            let database = &*pg_sys::GETSTRUCT(tuple).cast::<pg_sys::FormData_pg_database>();
            // -2: its DROP was interrupted.
            let takes_connections = database.datallowconn && !database.datistemplate && database.datconnlimit != -2;
            let name = CStr::from_ptr(database.datname.data.as_ptr()).to_string_lossy();
            if takes_connections && is_named(&name) {
                found.push(database.oid);
            }
        }
        pg_sys::table_endscan(scan);
        pg_sys::table_close(relation, pg_sys::AccessShareLock.cast_signed());
        pg_sys::PopActiveSnapshot();
        pg_sys::CommitTransactionCommand();
    }
    found
}

/// What the server runs in a worker's process: what is due in the database with this OID.
#[unsafe(no_mangle)]
#[pg_guard]
pub extern "C-unwind" fn warden_partition_worker(database: Datum) {
    background::unblock_signals();
    BackgroundWorker::connect_worker_to_spi_by_oid(u32::try_from(database.value()).ok().map(Oid::from), None);
    if is_due() {
        maintain();
    }
}

const MAINTENANCE: &CStr = c"CALL warden.partition_maintenance()";

/// Maintenance that leaves what can be detached concurrently to other processes; then, what is left to do for that. A table that no such
/// process has got to, for want of a place or a connection, is detached from as everywhere else.
fn maintain() {
    detached::removing(Removing::Left(Vec::new()));
    top_level::run(MAINTENANCE);
    let Removing::Left(tables) = detached::removing(Removing::default()) else { return };
    if tables.is_empty() {
        return;
    }
    let began = store::now();
    for (table, owner) in &tables {
        detacher::run(*table, *owner);
    }
    detached::removing(Removing::Only(BackgroundWorker::transaction(|| {
        let is_unserved = |table: &Oid| detached::is_served(*table, began).is_ok_and(|is_served| !is_served);
        tables.into_iter().map(|(table, _)| table).filter(is_unserved).collect()
    })));
    top_level::run(MAINTENANCE);
}

/// Whether maintenance by this worker is scheduled here and it is time; if so, notes that it began.
fn is_due() -> bool {
    BackgroundWorker::transaction(|| {
        // SAFETY: a global of this process. Whatever the database's default: it is not the users' transaction.
        unsafe { pg_sys::XactReadOnly = false };
        let asked = || {
            let there = "SELECT true FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                WHERE n.nspname OPERATOR(pg_catalog.=) 'warden_internal' AND c.relname OPERATOR(pg_catalog.=) 'partition_schedule'";
            if spi::select(there, &[], |_| Ok(()))?.is_empty() {
                return Ok(false);
            }
            spi::run_counting(
                "UPDATE warden_internal.partition_schedule SET last_started = pg_catalog.now()
                 WHERE scheduler OPERATOR(pg_catalog.=) 'worker'
                   AND (last_started IS NULL OR last_started OPERATOR(pg_catalog.+) every OPERATOR(pg_catalog.<=) pg_catalog.now())",
            )
            .map(|rows| rows > 0)
        };
        match asked() {
            Ok(is_due) => is_due,
            Err(error) => error.raise(),
        }
    })
}
