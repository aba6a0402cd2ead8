//! Detaches partitions concurrently, at top level, in a process that is connected as the owner of their table.
//!
//! As the owner, and not in the owner's name: the command is two transactions, and a restricted context ends with one. What it runs of
//! the owner's (functions in CHECK constraints are tried when the server looks whether one says the bounds already) could have itself
//! made a superuser otherwise, by SET ROLE or RESET SESSION AUTHORIZATION.
//!
//! Vouches for: the entry point has the server's signature; before commit, one row is written and nothing caught; the text of a statement
//! outlives it.

use super::top_level;
use crate::error::{Code, Error};
use crate::partition::agenda::{self, MOST_REMOVED, Task};
use crate::partition::apply::Caller;
use crate::partition::detached::{self, Detached};
use crate::partition::log::{Entry, Run};
use crate::partition::maintain::{LOCK_CLASS, backoff};
use crate::partition::policy;
use crate::partition::series::sqlstate;
use crate::spi::{Caught, transactions};
use crate::{background, config, spi, store, text};
use core::cell::RefCell;
use core::ffi::c_void;
use core::time::Duration;
use pgrx::bgworkers::BackgroundWorker;
use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::prelude::*;
use std::ffi::CString;
use std::time::Instant;

unsafe extern "C-unwind" {
    /// catalog/pg_inherits.h
    fn PartitionHasPendingDetach(partition: Oid) -> bool;
}

/// What a process is told: whose table it works at, and how patiently; settings of the owner's would keep the others waiting.
struct Order {
    owner: Oid,
    /// In milliseconds.
    patience: i32,
    retries: i32,
}

impl Order {
    fn said(&self) -> String {
        format!("{} {} {}", self.owner.to_u32(), self.patience, self.retries)
    }

    fn heard(said: &str) -> Option<Self> {
        let mut words = said.split(' ');
        let owner = words.next()?.parse().map(|owner: u32| Oid::from(owner)).ok()?;
        Some(Self { owner, patience: words.next()?.parse().ok()?, retries: words.next()?.parse().ok()? })
    }
}

/// Has the partitions of a table detached that are too old, and waits until it is done, or cannot be.
pub(super) fn run(table: Oid, owner: Oid) {
    let both = u64::from(store::database().to_u32()) << 32 | u64::from(table.to_u32());
    let order = Order { owner, patience: Caller::now().patience(), retries: config::PARTITION_LOCK_RETRIES.get() };
    // SAFETY: reads a global of this process.
    let own_pid = unsafe { pg_sys::MyProcPid };
    let worker = background::worker(super::WORKER, "warden_partition_detacher")
        .set_argument(Some(Datum::from(both)))
        .set_extra(&order.said())
        .set_notify_pid(own_pid)
        .load_dynamic();
    if let Ok(worker) = worker {
        // However it ended: what it did is looked at.
        let _ = worker.wait_for_shutdown();
    }
}

/// What the server runs in the process.
#[unsafe(no_mangle)]
#[pg_guard]
pub extern "C-unwind" fn warden_partition_detacher(argument: Datum) {
    background::unblock_signals();
    let Some(order) = Order::heard(BackgroundWorker::get_extra()) else { return };
    let both = argument.value() as u64;
    let oid = |number: u64| u32::try_from(number & u64::from(u32::MAX)).map_or(Oid::INVALID, Oid::from);
    // SAFETY: the server's own; the callback lives as long as the process.
    unsafe {
        pg_sys::BackgroundWorkerInitializeConnectionByOid(oid(both >> 32), order.owner, WITHOUT_LOGIN);
        pg_sys::RegisterXactCallback(Some(before_commit), core::ptr::null_mut());
    }
    spi::all_ddl_is_own();
    put_settings(order.patience);
    detach_all(oid(both), order.retries);
}

/// Whatever the owner has set for sessions of its own.
fn put_settings(patience: i32) {
    let patience = CString::new(format!("{patience}ms")).unwrap_or_default();
    for (name, value) in [
        (c"role", c"none"),
        (c"search_path", c"pg_catalog, pg_temp"),
        (c"lock_timeout", patience.as_c_str()),
        (c"default_transaction_isolation", c"read committed"),
        (c"default_transaction_read_only", c"off"),
        #[cfg(any(feature = "pg17", feature = "pg18"))]
        (c"transaction_timeout", c"0"),
    ] {
        // SAFETY: texts that end in NUL, for settings that every role may set.
        unsafe {
            pg_sys::SetConfigOption(
                name.as_ptr(),
                value.as_ptr(),
                pg_sys::GucContext::PGC_USERSET,
                pg_sys::GucSource::PGC_S_SESSION,
            );
        }
    }
}

/// Roles that may not log in can own tables; before 17 the server lets none of them in.
#[cfg(any(feature = "pg17", feature = "pg18"))]
const WITHOUT_LOGIN: u32 = pg_sys::BGWORKER_BYPASS_ROLELOGINCHECK;
#[cfg(not(any(feature = "pg17", feature = "pg18")))]
const WITHOUT_LOGIN: u32 = 0;

/// One detach after the other, at most as many as a run takes away.
fn detach_all(table: Oid, retries: i32) {
    if !in_transaction(|| try_lock(table)) {
        return;
    }
    let run = Run { began: store::now(), source: transactions::source() };
    let (mut done, mut failed, mut tries) = (0, 0, 0);
    while done + failed < MOST_REMOVED
        && let Some(next) = in_transaction(|| next(table, failed))
    {
        let begun = Instant::now();
        let Err(caught) = detach(&next) else {
            (done, tries) = (done + 1, 0);
            continue;
        };
        let is_pending = in_transaction(|| detached::is_pending(&next.detached));
        if is_retryable(caught.code) && !is_pending && tries < retries {
            tries += 1;
            transactions::sleep(backoff(tries));
            continue;
        }
        (failed, tries) = (failed + 1, 0);
        let is_cancelled = caught.code == PgSqlErrorCode::ERRCODE_QUERY_CANCELED;
        in_transaction(|| {
            run.note(next.entry(table, &caught, is_pending, begun.elapsed()));
            Ok(())
        });
        if is_cancelled {
            return;
        }
    }
}

fn detach(next: &Next) -> Result<(), Caught> {
    BEGUN.set(Some(next.detached.clone()));
    let done = top_level::attempt(&next.statement);
    BEGUN.set(None);
    done
}

fn is_retryable(code: PgSqlErrorCode) -> bool {
    use PgSqlErrorCode as Code;
    matches!(
        code,
        Code::ERRCODE_LOCK_NOT_AVAILABLE
            | Code::ERRCODE_T_R_DEADLOCK_DETECTED
            | Code::ERRCODE_T_R_SERIALIZATION_FAILURE
    )
}

/// Work in a transaction of its own. An error ends the process.
fn in_transaction<T>(work: impl FnOnce() -> Result<T, Error>) -> T {
    // SAFETY: begun and ended in pairs.
    unsafe {
        pg_sys::SetCurrentStatementStartTimestamp();
        pg_sys::StartTransactionCommand();
        pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
    }
    let done = work().unwrap_or_else(|error| error.raise());
    // SAFETY: as above.
    unsafe {
        pg_sys::PopActiveSnapshot();
        pg_sys::CommitTransactionCommand();
    }
    done
}

/// Keeps others from the maintenance of the table, until the process ends.
fn try_lock(table: Oid) -> Result<bool, Error> {
    let rows = spi::select(
        "SELECT pg_catalog.pg_try_advisory_lock($1, $2)",
        &[LOCK_CLASS.into(), table.to_u32().cast_signed().into()],
        |row| Ok(row.get::<bool>(1)?),
    )?;
    Ok(rows.into_iter().flatten().next().unwrap_or_default())
}

/// A partition to be detached.
struct Next {
    table: String,
    action: &'static str,
    partition: String,
    sql: String,
    statement: CString,
    detached: Detached,
}

impl Next {
    /// What the log has of a failure.
    fn entry(self, table: Oid, caught: &Caught, is_pending: bool, took: Duration) -> Entry {
        let is_late = caught.code == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE;
        let more = if is_pending { " Its detach has begun, and is finished before anything else." } else { "" };
        Entry {
            table: Some((table, self.table)),
            action: self.action,
            partition: Some(self.partition),
            sql: Some(self.sql + ";"),
            status: if is_late { "lock_timeout" } else { "error" },
            sqlstate: Some(sqlstate(caught.code)),
            detail: Some(caught.said() + more),
            took: Some(took),
            lock_wait: None,
        }
    }
}

/// The oldest that is too old, but for the first so many.
fn next(table: Oid, passed_over: usize) -> Result<Option<Next>, Error> {
    let Some(managed) = policy::managed(table).filter(|managed| managed.may) else { return Ok(None) };
    let Some(policy) = policy::of(table)?.filter(|policy| policy.enabled) else { return Ok(None) };
    policy::check_author(&policy, &managed)?;
    let _pinned = Caller::now().pin();
    let jobs = agenda::look(&policy, store::now(), MOST_REMOVED)?;
    // The server lets no other partition of a table be detached so before.
    if jobs.iter().any(|job| matches!(job.task, Task::Finalize)) {
        return Ok(None);
    }
    let mut to_pass = passed_over;
    for job in jobs {
        let Task::Remove(sibling, removal) = &job.task else { continue };
        if !detached::is_concurrent(table, sibling, *removal)? {
            continue;
        }
        if to_pass > 0 {
            to_pass -= 1;
            continue;
        }
        let sql = detached::statement(&managed.identity, &sibling.identity);
        return Ok(Some(Next {
            table: managed.identity,
            action: job.action,
            partition: sibling.identity.clone(),
            statement: CString::new(text::encode(&sql)).unwrap_or_default(),
            sql,
            detached: Detached::of(table, sibling, *removal)?,
        }));
    }
    Ok(None)
}

thread_local! {
    /// What is being detached, until its first transaction is committed.
    static BEGUN: RefCell<Option<Detached>> = const { RefCell::new(None) };
}

/// Has what is to become of a partition committed together with the mark that it is being detached.
#[pg_guard]
unsafe extern "C-unwind" fn before_commit(event: pg_sys::XactEvent::Type, _argument: *mut c_void) {
    if event != pg_sys::XactEvent::XACT_EVENT_PRE_COMMIT {
        return;
    }
    let Some(begun) = BEGUN.take() else { return };
    // SAFETY: in a transaction; the snapshot is popped below, or by the abort. The server's error is turned into a panic, and that into
    // its error again at the callback's end.
    let is_marked = unsafe {
        pg_sys::CommandCounterIncrement();
        pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot());
        pg_sys::ffi::pg_guard_ffi_boundary(|| PartitionHasPendingDetach(begun.partition))
    };
    let kept = if is_marked { begun.keep() } else { Err("another table has its name".to_owned()) };
    // SAFETY: as above.
    unsafe { pg_sys::PopActiveSnapshot() };
    if let Err(reason) = kept {
        Error::new(Code::LockNotAvailable, "what is to become of the partition could not be kept")
            .detail(reason)
            .raise();
    }
}
