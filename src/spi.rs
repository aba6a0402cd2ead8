//! The only callers of SPI: reading the catalog, running pg_warden's own DDL, and ending the transactions of procedures.
//!
//! Reading goes through `Spi::connect` + `select`: `Spi::get_one` takes a transaction id, which fails on a standby.
//!
//! This module vouches for: a GUC nest level, subtransaction or change of role that is begun here is ended here, on every way out; a
//! procedure commits only where the server lets it, and holds nothing of a transaction beyond its end.
#![allow(unsafe_code, reason = "GUC nest levels and subtransactions; see the module's promise")]

use crate::error::Error;
use crate::server;
use core::cell::{Cell, RefCell};
use core::ffi::c_int;
use core::panic::AssertUnwindSafe;
use core::ptr;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::prelude::*;
use pgrx::spi::{OwnedPreparedStatement, SpiClient, SpiHeapTupleData};
use std::collections::HashMap;
use std::ffi::CString;

pub(crate) mod observed;
pub(crate) mod time;
pub(crate) mod transactions;

thread_local! {
    /// How many of pg_warden's own calls that run DDL are under way.
    static OWN_DDL: Cell<u32> = const { Cell::new(0) };

    /// This process does nothing for anybody else.
    static ALL_IS_OWN: Cell<bool> = const { Cell::new(false) };
}

/// Whether the DDL that runs now is pg_warden's own, which the guard does not judge.
pub(crate) fn is_own_ddl() -> bool {
    ALL_IS_OWN.get() || OWN_DDL.get() > 0
}

/// From now on, all DDL of this process is pg_warden's own.
pub(crate) fn all_ddl_is_own() {
    ALL_IS_OWN.set(true);
}

/// Forgets own DDL that an error left counted; called at the end of each transaction.
pub(crate) fn reset_own_ddl() {
    OWN_DDL.set(0);
}

/// Rows of a read-only query, each turned into `T`.
///
/// # Errors
/// What `row` returns; the server's own errors unwind.
pub(crate) fn select<T>(
    sql: &str,
    arguments: &[DatumWithOid<'_>],
    mut row: impl FnMut(&SpiHeapTupleData<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    Spi::connect(|client| client.select(query(sql).as_c_str(), None, arguments)?.map(|tuple| row(&tuple)).collect())
}

/// Plans by their text and the types of their parameters.
type Plans = HashMap<(String, Vec<pg_sys::Oid>), &'static OwnedPreparedStatement>;

thread_local! {
    /// Plans that this session keeps. They are never freed: a session ends with its process.
    static PLANS: RefCell<Plans> = RefCell::default();
}

/// The same for a query that is asked again and again: it is planned once in a session. Its text is one of a few; what
/// varies is a parameter.
///
/// # Errors
/// As [`select`].
pub(crate) fn select_planned<T>(
    sql: &str,
    arguments: &[DatumWithOid<'_>],
    mut row: impl FnMut(&SpiHeapTupleData<'_>) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    Spi::connect(|client| {
        let plan = plan(client, sql, arguments)?;
        client.select(plan, None, arguments)?.map(|tuple| row(&tuple)).collect()
    })
}

fn plan(
    client: &SpiClient<'_>,
    sql: &str,
    arguments: &[DatumWithOid<'_>],
) -> Result<&'static OwnedPreparedStatement, Error> {
    let key = (sql.to_owned(), arguments.iter().map(DatumWithOid::oid).collect());
    if let Some(plan) = PLANS.with_borrow(|plans| plans.get(&key).copied()) {
        return Ok(plan);
    }
    let types: Vec<_> = key.1.iter().map(|oid: &pg_sys::Oid| PgOid::from(*oid)).collect();
    let plan: &_ = Box::leak(Box::new(client.prepare(&query(sql), &types)?.keep()));
    PLANS.with_borrow_mut(|plans| plans.insert(key, plan));
    Ok(plan)
}

/// A query in the encoding of the database; pgrx would send UTF-8 whatever that is.
fn query(sql: &str) -> CString {
    CString::new(crate::text::encode(sql)).unwrap_or_default()
}

/// Runs one statement of pg_warden's own, unseen by the guard.
///
/// # Errors
/// SPI's own; errors of the statement unwind as the server raised them.
pub(crate) fn run(sql: &str) -> Result<(), Error> {
    run_counting(sql).map(|_| ())
}

/// The same, and how many rows it wrote.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_counting(sql: &str) -> Result<u64, Error> {
    let _own = OwnDdl::begin();
    Ok(Spi::connect_mut(|client| client.update(query(sql).as_c_str(), None, &[]).map(|done| done.len() as u64))?)
}

/// The same in the name of another role: for one statement of our own, with the search path pinned.
///
/// # Errors
/// As [`run`].
pub(crate) fn run_as(role: pg_sys::Oid, sql: &str) -> Result<(), Error> {
    let _path = Settings::pin_search_path();
    in_the_name_of(role, pg_sys::SECURITY_LOCAL_USERID_CHANGE, || run(sql))
}

/// Works as another role, under more restrictions than there are already.
fn in_the_name_of<T>(role: pg_sys::Oid, restrictions: u32, work: impl FnOnce() -> T) -> T {
    let (mut caller, mut context) = (pg_sys::InvalidOid, 0);
    // SAFETY: the caller's role is put back below; an error in between ends in an abort, which does the same.
    unsafe {
        pg_sys::GetUserIdAndSecContext(&raw mut caller, &raw mut context);
        pg_sys::SetUserIdAndSecContext(role, context | restrictions.cast_signed());
    }
    let done = work();
    // SAFETY: as above.
    unsafe { pg_sys::SetUserIdAndSecContext(caller, context) };
    done
}

/// Counts own DDL while it is alive, also when an error that the caller's savepoint catches unwinds it.
struct OwnDdl;

impl OwnDdl {
    fn begin() -> Self {
        OWN_DDL.set(OWN_DDL.get() + 1);
        Self
    }
}

impl Drop for OwnDdl {
    fn drop(&mut self) {
        OWN_DDL.set(OWN_DDL.get().saturating_sub(1));
    }
}

/// A setting as it is now, and as `RESET` would make it.
pub(crate) fn setting(name: &core::ffi::CStr) -> (String, String) {
    // SAFETY: a NUL-terminated name of a setting that every server has; both answers are NUL-terminated or null.
    unsafe {
        let now = pg_sys::GetConfigOption(name.as_ptr(), true, false);
        let reset = pg_sys::GetConfigOptionResetString(name.as_ptr());
        (crate::text::from_c(now).unwrap_or_default(), crate::text::from_c(reset).unwrap_or_default())
    }
}

/// The session's `lock_timeout` in milliseconds, 0 for none.
pub(crate) fn lock_timeout() -> i32 {
    // SAFETY: reads a backend-local setting.
    unsafe { pg_sys::LockTimeout }
}

/// What `pg_stat_activity` shows as this session's query, instead of the client's statement.
pub(crate) fn report_activity(text: &str) {
    // SAFETY: a NUL-terminated text, which is copied.
    unsafe { pg_sys::pgstat_report_activity(pg_sys::BackendState::STATE_RUNNING, crate::text::to_c(text)) };
}

/// Shows the client's statement again.
pub(crate) fn report_client_statement() {
    // While an error unwinds, the end of the statement does the same.
    if !std::thread::panicking() {
        // SAFETY: null, or the text of the statement that runs.
        unsafe { pg_sys::pgstat_report_activity(pg_sys::BackendState::STATE_RUNNING, pg_sys::debug_query_string) };
    }
}

/// Settings that hold until this value goes out of scope, or the transaction is aborted.
///
/// A function that takes names resolves them as its caller would, and then pins `search_path` with this; a `SET` clause
/// of the function would hide the caller's path from it.
pub(crate) struct Settings(c_int);

impl Settings {
    /// Opens a level with these settings, as the function's own `SET` clause would.
    pub(crate) fn pin(settings: &[(&core::ffi::CStr, &core::ffi::CStr)]) -> Self {
        // SAFETY: the level is closed by `drop`, or by the transaction's abort.
        let level = Self(unsafe { pg_sys::NewGUCNestLevel() });
        for (name, value) in settings {
            // SAFETY: both are NUL-terminated; the action is local to the nest level.
            unsafe {
                pg_sys::set_config_option(
                    name.as_ptr(),
                    value.as_ptr(),
                    pg_sys::GucContext::PGC_USERSET,
                    pg_sys::GucSource::PGC_S_SESSION,
                    pg_sys::GucAction::GUC_ACTION_SAVE,
                    true,
                    0,
                    false,
                );
            }
        }
        level
    }

    /// The path every query of pg_warden runs with.
    pub(crate) fn pin_search_path() -> Self {
        Self::pin(&[(c"search_path", c"pg_catalog, pg_temp")])
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        // While an error unwinds, the abort of the (sub)transaction closes the level.
        if !std::thread::panicking() {
            // SAFETY: the level was opened by `pin` and nothing closed it since.
            unsafe { pg_sys::AtEOXact_GUC(true, self.0) };
        }
    }
}

/// Runs `work` in a subtransaction, so that an error of it can be caught: locks, pins and LWLocks it holds are released.
///
/// # Errors
/// What went wrong, as the server or Rust said it. Cancel, shutdown, lack of memory and the user's own timeouts are not
/// caught: they go on to the user's statement.
pub(crate) fn shielded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    caught(work).map_err(|caught| caught.message)
}

/// An error that was caught.
#[derive(Debug)]
pub(crate) struct Caught {
    pub(crate) code: PgSqlErrorCode,
    pub(crate) message: String,
    pub(crate) detail: Option<String>,
    pub(crate) hint: Option<String>,
}

impl Caught {
    /// All that it says, in one line.
    pub(crate) fn said(&self) -> String {
        [&self.detail, &self.hint]
            .into_iter()
            .flatten()
            .fold(format!("{}.", self.message), |text, part| text + " " + part)
    }

    /// Whether another try may succeed: a lock was not to be had, or a deadlock was found.
    pub(crate) fn is_about_locks(&self) -> bool {
        matches!(self.code, PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE | PgSqlErrorCode::ERRCODE_T_R_DEADLOCK_DETECTED)
    }
}

/// As [`shielded`], with all that the error says.
///
/// # Errors
/// As [`shielded`].
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Caught> {
    caught_unless(|code| is_users_own(code) || code == PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, work)
}

/// As [`caught`], in the name of another role, who can do nothing to the session but what the work is: what its tables call
/// runs with no more than its own rights. A lock that was not to be had in time is caught, too.
///
/// # Errors
/// As [`shielded`].
pub(crate) fn attempted_as<T>(role: pg_sys::Oid, work: impl FnOnce() -> T) -> Result<T, Caught> {
    let restricted = pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_RESTRICTED_OPERATION;
    caught_unless(is_users_own, || in_the_name_of(role, restricted, work))
}

/// As [`caught`], with locks that were not to be had: for work whose `lock_timeout` is pg_warden's.
///
/// # Errors
/// As [`shielded`].
pub(crate) fn caught_with_locks<T>(work: impl FnOnce() -> T) -> Result<T, Caught> {
    caught_unless(is_users_own, work)
}

/// As [`shielded`], for these errors alone.
///
/// # Errors
/// As [`shielded`].
pub(crate) fn caught_if<T>(
    is_expected: impl Fn(PgSqlErrorCode) -> bool,
    work: impl FnOnce() -> T,
) -> Result<T, Caught> {
    caught_unless(|code| !is_expected(code), work)
}

fn caught_unless<T>(passes: impl Fn(PgSqlErrorCode) -> bool, work: impl FnOnce() -> T) -> Result<T, Caught> {
    // SAFETY: reads two globals, which a subtransaction changes and its end does not put back by itself.
    let (context, owner) = unsafe { (pg_sys::CurrentMemoryContext, pg_sys::CurrentResourceOwner) };
    // SAFETY: released or rolled back below on both ways.
    unsafe {
        server::BeginInternalSubTransaction(ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
    }
    let work = AssertUnwindSafe(work);
    let passes = AssertUnwindSafe(passes);
    let result = PgTryBuilder::new(move || Ok({ work }.0()))
        .catch_others(move |error| {
            let passes = &passes;
            // SAFETY: the subtransaction of above is the innermost, for those that `work` opened have ended with it.
            unsafe {
                pg_sys::RollbackAndReleaseCurrentSubTransaction();
                pg_sys::MemoryContextSwitchTo(context);
                pg_sys::CurrentResourceOwner = owner;
            }
            if passes.0(code_of(&error)) {
                error.rethrow();
            }
            Err(caught_of(&error))
        })
        .execute();
    if result.is_ok() {
        // SAFETY: as above; nothing was raised, so it is still open.
        unsafe {
            server::ReleaseCurrentSubTransaction();
            pg_sys::MemoryContextSwitchTo(context);
            pg_sys::CurrentResourceOwner = owner;
        }
    }
    result
}

/// Runs work that begins and ends transactions by itself, outside of any.
///
/// # Errors
/// What went wrong; the transaction that was open then is aborted.
pub(crate) fn caught_outside(work: impl FnOnce()) -> Result<(), Caught> {
    let work = AssertUnwindSafe(work);
    PgTryBuilder::new(move || {
        { work }.0();
        Ok(())
    })
    .catch_others(|error| {
        // SAFETY: as the server does it between two statements of a client.
        unsafe {
            pg_sys::AbortCurrentTransaction();
            pg_sys::MemoryContextSwitchTo(pg_sys::TopMemoryContext);
        }
        Err(caught_of(&error))
    })
    .execute()
}

/// Errors that belong to the user's statement, whoever was at work when they came.
fn is_users_own(code: PgSqlErrorCode) -> bool {
    use PgSqlErrorCode as Code;
    matches!(
        code,
        Code::ERRCODE_QUERY_CANCELED
            | Code::ERRCODE_ADMIN_SHUTDOWN
            | Code::ERRCODE_CRASH_SHUTDOWN
            | Code::ERRCODE_IDLE_IN_TRANSACTION_SESSION_TIMEOUT
            | Code::ERRCODE_OUT_OF_MEMORY
    )
}

fn code_of(error: &CaughtError) -> PgSqlErrorCode {
    let (CaughtError::PostgresError(report)
    | CaughtError::ErrorReport(report)
    | CaughtError::RustPanic { ereport: report, .. }) = error;
    report.sql_error_code()
}

fn caught_of(error: &CaughtError) -> Caught {
    let (CaughtError::PostgresError(report)
    | CaughtError::ErrorReport(report)
    | CaughtError::RustPanic { ereport: report, .. }) = error;
    Caught {
        code: report.sql_error_code(),
        message: report.message().to_owned(),
        detail: report.detail().map(ToOwned::to_owned),
        hint: report.hint().map(ToOwned::to_owned),
    }
}
