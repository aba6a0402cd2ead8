//! Maintenance of managed tables: the plan, and the procedure that works it off, one operation in a transaction.
//!
//! **For whoever schedules it**: `CALL warden.partition_maintenance()` is all that is to be run, at top level and outside a block, by any role
//! that may execute it. It may be run by several at once (the second passes over a table that the first is at), may be killed at any moment
//! (an operation and its row in the log are committed together, or neither is), and does nothing on a standby. It ends in an error only where
//! it was called wrongly or cancelled; what went wrong with a table is in `warden.partition_log`. [`step`] is what it repeats.

use super::agenda::{self, Job, MOST_REMOVED, Task};
use super::apply::{self, Caller};
use super::detached;
use super::log::{self, Entry, Run};
use super::outlook;
use super::policy::{self, Managed, Policy};
use super::series::sqlstate;
use super::steps::{must_be_alone, pause};
use super::stride::Stride;
use super::{calendar, grid, guard, is_null, key};
use crate::error::emit::{self, Parts, Severity};
use crate::error::{Code, Error};
use crate::spi::transactions;
use crate::text::Text;
use crate::{config, spi, store};
use core::time::Duration;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::time::Instant;

/// A row of a plan: step, table, action, partition, bounds, SQL, locks, risk.
pub(super) type PlanRow = (i32, Text, Text, Text, Option<Text>, Option<Text>, Option<Text>, Text, Text);

/// What maintenance would do, and how; only reads.
///
/// # Arguments
/// * `table_name` - as SQL writes it; NULL for all managed tables of the caller's roles
/// * `as_of` - the moment that counts as now
///
/// # Errors
/// 42704 for a table that is not managed, 42501 for one of another owner, 22004 and 22008 for a moment that is none.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.plan_partition_maintenance(table_name pg_catalog.text DEFAULT NULL, as_of pg_catalog.timestamptz DEFAULT pg_catalog.now())
    RETURNS TABLE (step pg_catalog.int4, table_name pg_catalog.text, action pg_catalog.text, partition pg_catalog.text,
                   lower_bound pg_catalog.text, upper_bound pg_catalog.text, sql pg_catalog.text, locks pg_catalog.text, risk pg_catalog.text)
    LANGUAGE c STABLE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.plan_partition_maintenance(pg_catalog.text, pg_catalog.timestamptz) IS
    'what maintenance of a managed table, or of all, would do as of a moment, with SQL, locks and risk; only reads, no rows: nothing to do';
REVOKE EXECUTE ON FUNCTION warden.plan_partition_maintenance(pg_catalog.text, pg_catalog.timestamptz) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
#[expect(clippy::type_complexity, reason = "the row type that pgrx asks for")]
fn plan_partition_maintenance(
    table_name: Option<Text>,
    as_of: Option<TimestampWithTimeZone>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(step, i32),
            name!(table_name, Text),
            name!(action, Text),
            name!(partition, Text),
            name!(lower_bound, Option<Text>),
            name!(upper_bound, Option<Text>),
            name!(sql, Option<Text>),
            name!(locks, Text),
            name!(risk, Text),
        ),
    >,
    ErrorReport,
> {
    let as_of = pg_sys::TimestampTz::from(as_of.ok_or_else(|| is_null("as_of"))?);
    if matches!(as_of, i64::MIN | i64::MAX) {
        return Err(Error::new(Code::DatetimeOverflow, "as_of cannot be infinite").into());
    }
    if grid::day(as_of).is_bc() {
        return Err(Error::new(Code::DatetimeOverflow, format!("as_of cannot be {}", grid::day(as_of)))
            .detail("Names of partitions have no place for an era.")
            .into());
    }
    let table = table_name.map(|table| table.0);
    let guarded = guard::tables()?;
    let mut rows = Vec::new();
    for policy in meant(table.as_deref())?.into_iter().filter(|policy| policy.enabled) {
        check_for_interrupts!();
        let has_guard = guarded.contains(&policy.table);
        if table.is_some() {
            rows.extend(plan_of(&policy, as_of, has_guard)?);
            continue;
        }
        // One of many is not to hide the others.
        match spi::caught(|| plan_of(&policy, as_of, has_guard).unwrap_or_else(|error| error.raise())) {
            Ok(more) => rows.extend(more),
            Err(caught) => warn(policy.table, &caught),
        }
    }
    Ok(numbered(rows))
}

fn plan_of(policy: &Policy, as_of: i64, has_guard: bool) -> Result<Vec<PlanRow>, Error> {
    if !has_guard && outlook::is_idle(policy, as_of) {
        return Ok(Vec::new());
    }
    let Some(managed) = policy::managed(policy.table).filter(|managed| managed.may) else { return Ok(Vec::new()) };
    policy::check_author(policy, &managed)?;
    let _pinned = Caller::now().pin();
    Ok(plan(&managed, &agenda::look(policy, as_of, MOST_REMOVED)?))
}

/// Says why there is no plan for a table.
fn warn(table: pg_sys::Oid, caught: &spi::Caught) {
    if let Some(managed) = policy::managed(table).filter(|managed| managed.may) {
        let message = format!("partition maintenance of {} cannot be planned", managed.identity);
        emit::say(&Parts { detail: Some(&caught.said()), ..Parts::plain(Severity::Warning, &message) });
    }
}

/// Rows of a plan, not yet numbered.
pub(super) fn plan(managed: &Managed, jobs: &[Job]) -> Vec<PlanRow> {
    let sql = |job: &Job| (!job.sql.is_empty()).then(|| Text(job.sql.join(";\n") + ";"));
    jobs.iter()
        .map(|job| {
            (
                0,
                Text::from(managed.identity.as_str()),
                Text::from(job.action),
                Text::from(job.partition.as_str()),
                job.shown.as_ref().map(|shown| Text::from(shown.lower.as_str())),
                job.shown.as_ref().map(|shown| Text::from(shown.upper.as_str())),
                sql(job),
                Text::from(job.locks.as_str()),
                Text::from(job.risk.as_str()),
            )
        })
        .collect()
}

pub(super) fn numbered(rows: Vec<PlanRow>) -> TableIterator<'static, PlanRow> {
    TableIterator::new(
        (1..).zip(rows).map(|(step, row)| (step, row.1, row.2, row.3, row.4, row.5, row.6, row.7, row.8)),
    )
}

/// The policy of a table that is named, or all.
fn meant(table: Option<&str>) -> Result<Vec<Policy>, Error> {
    let Some(table) = table else { return policy::all() };
    let (policy, managed) = the_policy(table)?;
    if managed.may { Ok(vec![policy]) } else { Err(managed.not_yours()) }
}

/// The policy of a table that is named.
pub(super) fn the_policy(table: &str) -> Result<(Policy, Managed), Error> {
    let oid = key::resolve(table)?;
    let managed = policy::managed(oid).ok_or_else(key::dropped)?;
    let policy = policy::of(oid)?.ok_or_else(|| {
        Error::new(Code::UndefinedObject, format!("partitions of table {} are not managed", managed.identity)).hint(
            format!(
                "Have them managed: SELECT * FROM warden.manage_partitions({});",
                super::plan::literal(&managed.identity)
            ),
        )
    })?;
    Ok((policy, managed))
}

/// Does what is to be done for managed tables, each operation in a transaction of its own.
///
/// # Arguments
/// * `table_name` - as SQL writes it; NULL for all
/// * `wait` - how long to wait between two operations
///
/// # Errors
/// 25001 inside a transaction, 42704 for a table that is not managed, 42501 for one of another owner, 22004, 22023 for `wait`.
#[pg_extern(
    sql = r#"
CREATE PROCEDURE warden.partition_maintenance(table_name pg_catalog.text DEFAULT NULL, wait pg_catalog."interval" DEFAULT '0')
    LANGUAGE c AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON PROCEDURE warden.partition_maintenance(pg_catalog.text, pg_catalog."interval") IS
    'creates the partitions that a managed table, or all, will need, and takes away what is too old; commits after each operation';
REVOKE EXECUTE ON PROCEDURE warden.partition_maintenance(pg_catalog.text, pg_catalog."interval") FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn partition_maintenance(
    table_name: Option<Text>,
    wait: Option<Interval>,
    call: pg_sys::FunctionCallInfo,
) -> Result<(), ErrorReport> {
    let pause = pause(wait)?;
    if transactions::is_in_recovery() {
        emit::notice("partition maintenance skipped: in recovery");
        return Ok(());
    }
    if !transactions::may_commit(call) {
        return Err(must_be_alone("partition maintenance").into());
    }
    transactions::must_write(c"partition maintenance");
    run(table_name.map(|table| table.0).as_deref(), pause)?;
    Ok(())
}

fn run(table: Option<&str>, pause: Duration) -> Result<(), Error> {
    let run = Run { began: store::now(), source: transactions::source() };
    let policies = meant(table)?;
    // What the event trigger has not seen: of tables that were dropped while it was switched off.
    let _ = policy::forget_dropped();
    transactions::begin_anew();
    // Where somebody holds the table, the next run does it.
    let _ = detached::forget_changed(&run);
    let guarded = guard::tables()?;
    if table.is_none() && !guarded.is_empty() {
        guard::drop_forgotten(&run)?;
    }
    let (mut done, mut failed, mut tables) = (0_usize, 0, 0);
    for policy in policies.iter().filter(|policy| policy.enabled) {
        tables += 1;
        check_for_interrupts!();
        if !guarded.contains(&policy.table) && is_idle(policy) {
            continue;
        }
        let mut progress = Progress::default();
        loop {
            let step = step(policy.table, &run, &mut progress)?;
            progress.tries = if matches!(step, Step::Again) { progress.tries + 1 } else { 0 };
            transactions::next(if progress.tries > 0 { backoff(progress.tries) } else { Duration::ZERO });
            match step {
                Step::Nothing => break,
                Step::Over(status) => {
                    failed += i32::from(status == "error");
                    break;
                }
                // Rows are kept out from a guard on: nothing is waited for.
                Step::Again | Step::Done { action: "guard" | "validate", .. } => continue,
                Step::Done { action, removed } => {
                    progress.done.push(action);
                    progress.removed += usize::from(removed);
                }
                Step::Failed => progress.failed += 1,
                Step::Left => progress.left += 1,
            }
            if !is_idle(policy) {
                transactions::next(pause);
            }
        }
        done += progress.done.len();
        failed += progress.failed;
        progress.say();
    }
    let said = match (done, failed) {
        (0, 0) => "nothing to do".to_owned(),
        _ => format!("{done} done, {failed} failed"),
    };
    let said = format!("{tables} {}: {said}", if tables == 1 { "table" } else { "tables" });
    let of = table.and(policies.first()).map(|policy| policy.table);
    run.note(Entry {
        table: of.map(|table| (table, policy::managed(table).map_or(String::new(), |m| m.identity))),
        action: "run",
        status: if failed == 0 { "done" } else { "error" },
        detail: Some(said.clone()),
        ..Entry::default()
    });
    log::prune();
    transactions::next(Duration::ZERO);
    emit::notice(&format!("partition maintenance of {said}"));
    Ok(())
}

/// Whether a table can be passed over. What is wrong with it is no matter of the others: a step will find it.
fn is_idle(policy: &Policy) -> bool {
    spi::shielded(|| outlook::is_idle(policy, store::now())).unwrap_or(false)
}

/// How long to wait before the next try: twice as long each time, and never as long as another session.
pub(super) fn backoff(tries: i32) -> Duration {
    let longest = Duration::from_millis(100).saturating_mul(1 << tries.clamp(0, 7));
    let jitter = u8::try_from((store::now() ^ i64::from(std::process::id())).rem_euclid(100)).unwrap_or_default();
    longest.mul_f64(0.5 + f64::from(jitter) / 200.0)
}

/// How far a run has come with a table.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// The table's name, once it was looked at.
    name: String,
    /// What was done.
    done: Vec<&'static str>,
    failed: i32,
    left: usize,
    removed: usize,
    /// How often the next operation was tried.
    tries: i32,
    /// The partition that the last operation was about.
    last: Option<(&'static str, String)>,
}

impl Progress {
    /// Says what was done for the table.
    fn say(&self) {
        let done: Vec<String> = ACTIONS
            .iter()
            .map(|(action, said)| (self.done.iter().filter(|done| *done == action).count(), said))
            .filter(|(count, _)| *count > 0)
            .map(|(count, said)| format!("{count} {said}"))
            .collect();
        if !done.is_empty() {
            emit::notice(&format!("partition maintenance of {}: {}", self.name, done.join(", ")));
        }
    }
}

/// What a partition is after each action.
const ACTIONS: [(&str, &str); 6] = [
    ("finalize", "finalized"),
    (guard::UNGUARD, "not guarded any more"),
    ("create", "created"),
    ("detach", "detached"),
    ("drop", "dropped"),
    ("archive", "archived"),
];

/// What came of a step.
#[derive(Debug)]
pub(super) enum Step {
    /// There is nothing to do any more.
    Nothing,
    /// The table is not to be gone on with, and this is why.
    Over(&'static str),
    /// One operation was done.
    Done { action: &'static str, removed: bool },
    /// One operation could not be done, and is passed over from now on.
    Failed,
    /// One operation is left to be done in another way, and is passed over from now on.
    Left,
    /// It may be done if it is tried once more, a little later.
    Again,
}

/// One operation for one managed table, in the transaction that is open: whoever calls commits it, whatever came of it, and calls again
/// unless it is over. What is to be done is looked up anew each time, so that nothing is done twice; `progress` counts what was passed over.
///
/// The operation runs in a subtransaction, as the owner of the table and restricted as the server restricts its own maintenance. A row of the
/// log tells of it in the same transaction. Two sessions are never at one table: a lock of the transaction keeps the second out.
///
/// # Errors
/// None for what is wrong with the table; cancel and shutdown go through.
pub(super) fn step(table: pg_sys::Oid, run: &Run, progress: &mut Progress) -> Result<Step, Error> {
    let Some(managed) = policy::managed(table) else { return Ok(Step::Nothing) };
    progress.name.clone_from(&managed.identity);
    let over = |status: &'static str, code: Option<String>, detail: String, severity: Severity| {
        let name = &managed.identity;
        let message = format!("partition maintenance of {name}: {status}");
        emit::say(&Parts { detail: Some(&detail), ..Parts::plain(severity, &message) });
        run.note(Entry {
            table: Some((table, name.clone())),
            action: "plan",
            status,
            sqlstate: code,
            detail: Some(detail),
            ..Entry::default()
        });
        Ok(Step::Over(status))
    };
    if !managed.may {
        let error = managed.not_yours();
        return over("refused", Some(sqlstate(error.code().into())), error.said(), Severity::Notice);
    }
    if !try_lock(table)? {
        return over("skipped: running", None, "Another session is at it.".to_owned(), Severity::Notice);
    }
    let Some(policy) = policy::of(table)?.filter(|policy| policy.enabled) else { return Ok(Step::Nothing) };
    if let Err(error) = policy::check_author(&policy, &managed) {
        return over("refused", Some(sqlstate(error.code().into())), error.said(), Severity::Warning);
    }
    let most = MOST_REMOVED.saturating_sub(progress.removed);
    let jobs = spi::attempted_as(managed.owner, || {
        let _pinned = Caller::now().pin();
        agenda::look(&policy, store::now(), most).unwrap_or_else(|error| error.raise())
    });
    let jobs = match jobs {
        Ok(jobs) => jobs,
        Err(caught) => return over("error", Some(sqlstate(caught.code)), caught.said(), Severity::Warning),
    };
    let passed_over = usize::try_from(progress.failed).unwrap_or_default() + progress.left;
    let mut ready = jobs.into_iter().filter(|job| !matches!(job.task, Task::Later));
    let Some(job) = ready.nth(passed_over) else {
        return Ok(Step::Nothing);
    };
    let this = Some((job.action, job.partition.clone()));
    if progress.tries == 0 && progress.failed == 0 && progress.last == this {
        return over(
            "error",
            None,
            format!("{} {} was done, and is to be done again.", job.action, job.partition),
            Severity::Warning,
        );
    }
    progress.last = this;
    let is_removal = matches!(job.task, Task::Remove(..));
    if is_removal
        && progress.removed == 0
        && let Some(detail) = clock_has_jumped(&policy)
    {
        return over("refused", None, detail, Severity::Warning);
    }
    if let Task::Remove(sibling, removal) = &job.task
        && detached::is_left(&policy, &managed, sibling, *removal)?
    {
        return Ok(Step::Left);
    }
    let outcome = attempt(&policy, &managed, &job);
    if outcome.is_retryable && progress.tries < config::PARTITION_LOCK_RETRIES.get() {
        return Ok(Step::Again);
    }
    outcome.say(&managed, &job);
    run.note(outcome.entry(table, &managed, &job));
    let failed = outcome.has_failed();
    if failed && let Some(unguarding) = given_up(&policy, &managed, &job) {
        run.note(attempt(&policy, &managed, &unguarding).entry(table, &managed, &unguarding));
    }
    Ok(if failed { Step::Failed } else { Step::Done { action: job.action, removed: is_removal } })
}

/// What takes back what the steps before one that failed have begun.
fn given_up(policy: &Policy, managed: &Managed, job: &Job) -> Option<Job> {
    let looked = spi::attempted_as(managed.owner, || {
        let _pinned = Caller::now().pin();
        agenda::situation(policy).and_then(|at| guard::given_up(&at, job)).unwrap_or_else(|error| error.raise())
    });
    // Where that cannot be told now, the next run will.
    looked.ok().flatten()
}

/// First key of the locks by which sessions keep out of each other's way at a table; the second is the table.
pub(super) const LOCK_CLASS: i32 = 0x7764_6e70;

/// Keeps other sessions from the maintenance of a table, until the end of the transaction.
pub(super) fn try_lock(table: pg_sys::Oid) -> Result<bool, Error> {
    let rows = spi::select(
        "SELECT pg_catalog.pg_try_advisory_xact_lock($1, $2)",
        &[LOCK_CLASS.into(), table.to_u32().cast_signed().into()],
        |row| Ok(row.get::<bool>(1)?),
    )?;
    Ok(rows.into_iter().flatten().next().unwrap_or_default())
}

/// Longer than between two runs of any schedule that keeps partitions ahead.
const LONG_AGO: Stride = Stride::Days(8);

/// Says so where the clock is far ahead of the last run, by more than an interval: what is too old then may be so by mistake. Once
/// only, for runs may be as far apart as that.
fn clock_has_jumped(policy: &Policy) -> Option<String> {
    let last = log::last_run(policy.table).filter(|last| !last.distrusted_clock)?;
    let wall = calendar::wall(&policy.zone, last.ended);
    let later = |stride| calendar::instant(&policy.zone, calendar::plus(wall, stride, 1));
    (store::now() > later(policy.stride).max(later(LONG_AGO))).then(|| {
        format!(
            "The last run was at {}, more than an interval ago: nothing is taken away by this run. If the clock is right, the next one will.",
            store::iso(last.ended)
        )
    })
}

/// What came of an operation.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) status: &'static str,
    pub(super) sqlstate: Option<String>,
    pub(super) detail: Option<String>,
    is_retryable: bool,
    took: Duration,
    lock_wait: Duration,
}

/// Does one thing as the owner of the table, in a subtransaction.
pub(super) fn attempt(policy: &Policy, managed: &Managed, job: &Job) -> Outcome {
    let begun = Instant::now();
    apply::lock_wait();
    if let Task::Blocked(error) = &job.task {
        return Outcome {
            status: "blocked",
            sqlstate: Some(sqlstate(error.code().into())),
            detail: Some(error.said()),
            is_retryable: false,
            took: begun.elapsed(),
            lock_wait: Duration::ZERO,
        };
    }
    let done = spi::attempted_as(managed.owner, || {
        let caller = Caller::now();
        let _pinned = caller.pin();
        agenda::work(policy, job, &caller).unwrap_or_else(|error| error.raise())
    });
    let (took, lock_wait) = (begun.elapsed(), apply::lock_wait());
    match done {
        Ok(detail) => Outcome { status: "done", sqlstate: None, detail, is_retryable: false, took, lock_wait },
        Err(mut caught) => {
            use PgSqlErrorCode as Code;
            if caught.code == Code::ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST {
                // The server would have everything dropped that depends on it.
                caught.hint = None;
            }
            let is_late = caught.code == Code::ERRCODE_LOCK_NOT_AVAILABLE;
            let others = [Code::ERRCODE_T_R_DEADLOCK_DETECTED, Code::ERRCODE_T_R_SERIALIZATION_FAILURE];
            Outcome {
                status: if is_late { "lock_timeout" } else { "error" },
                sqlstate: Some(sqlstate(caught.code)),
                detail: Some(caught.said()),
                is_retryable: is_late || others.contains(&caught.code),
                took,
                lock_wait,
            }
        }
    }
}

impl Outcome {
    fn has_failed(&self) -> bool {
        self.status != "done"
    }

    /// What the log has of it.
    pub(super) fn entry(&self, table: pg_sys::Oid, managed: &Managed, job: &Job) -> Entry {
        Entry {
            table: Some((table, managed.identity.clone())),
            action: job.action,
            partition: Some(job.partition.clone()),
            sql: (!job.sql.is_empty()).then(|| job.sql.join(";\n") + ";"),
            status: self.status,
            sqlstate: self.sqlstate.clone(),
            detail: self.detail.clone(),
            took: Some(self.took),
            lock_wait: Some(self.lock_wait),
        }
    }

    /// What could not be done is said at once; the rest with the table.
    fn say(&self, managed: &Managed, job: &Job) {
        if self.has_failed() {
            let message = format!(
                "partition maintenance of {}: {} {}: {}",
                managed.identity, job.action, job.partition, self.status
            );
            emit::say(&Parts { detail: self.detail.as_deref(), ..Parts::plain(Severity::Warning, &message) });
        }
    }
}

/// How many tables are named in a sentence.
const NAMED: usize = 10;

/// What to say when the extension goes: which tables get no more partitions, and when the first hole comes. `None` where none is managed.
///
/// # Errors
/// When the table of policies is locked.
pub(crate) fn left_alone() -> Result<Option<(String, String)>, Error> {
    let policies: Vec<Policy> = policy::all()?.into_iter().filter(|policy| policy.enabled).collect();
    let (tables, zones): (Vec<_>, Vec<_>) =
        policies.into_iter().map(|policy| (policy.table, Text(policy.zone))).unzip();
    let _pinned = Caller::now().pin();
    let rows = spi::select(
        "SELECT format('%I.%I', n.nspname, c.relname), a.covered_until::text
           FROM unnest($1, $2) AS t (oid, zone)
           JOIN pg_class c ON c.oid = t.oid
           JOIN pg_namespace n ON n.oid = c.relnamespace
          CROSS JOIN LATERAL warden_internal.partitions_ahead(t.oid, t.zone) AS a
          ORDER BY a.covered_until NULLS FIRST, 1",
        &[tables.into(), zones.into()],
        |row| {
            let table = row.get::<Text>(1)?.map(|t| t.0).unwrap_or_default();
            Ok(match row.get::<Text>(2)? {
                Some(Text(until)) => format!("{table} has them until {until}"),
                None => format!("{table} has none for now"),
            })
        },
    )?;
    if rows.is_empty() {
        return Ok(None);
    }
    let count = rows.len();
    let more = count.saturating_sub(NAMED);
    let mut detail = rows.into_iter().take(NAMED).collect::<Vec<_>>().join("; ");
    if more > 0 {
        detail = format!("{detail}; and {more} more, later");
    }
    let tables = if count == 1 { "1 table gets" } else { &format!("{count} tables get") };
    Ok(Some((format!("{tables} no more partitions"), detail + ".")))
}
