//! Makes a partition: reads, decides, locks, reads again, and runs the DDL.

use super::bounds::Point;
use super::inspect::{self, Series, Start};
use super::key::{self, Facts, Key, Kind};
use super::plan::{self, Child, Method, ReplicaIdentity, Shown, Sibling, Step, Wanted, literal};
use super::stride::Stride;
use crate::error::emit::{Parts, Severity};
use crate::error::{Code, Error};
use crate::{config, spi, text};
use core::panic::AssertUnwindSafe;
use pgrx::pg_sys::panic::CaughtError;
use pgrx::prelude::*;
use std::ffi::CString;

/// Something to say to the caller beside the result.
#[derive(Debug)]
pub(super) struct Remark {
    severity: Severity,
    sqlstate: &'static str,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
}

impl Remark {
    pub(super) fn parts(&self) -> Parts<'_> {
        Parts {
            severity: self.severity,
            sqlstate: self.sqlstate,
            message: &self.message,
            detail: self.detail.as_deref(),
            hint: self.hint.as_deref(),
            constraint: None,
            position: None,
        }
    }
}

/// What came of a call.
#[derive(Debug)]
pub(super) struct Outcome {
    /// Qualified and quoted.
    pub(super) partition: String,
    pub(super) remarks: Vec<Remark>,
}

/// What the session has set, read before anything is pinned.
struct Caller {
    time_zone: String,
    server_time_zone: String,
    lock_timeout: i32,
}

impl Caller {
    fn now() -> Self {
        let (time_zone, server_time_zone) = spi::setting(c"TimeZone");
        Self { time_zone, server_time_zone, lock_timeout: spi::lock_timeout() }
    }

    /// Longest wait for a lock in milliseconds: the setting's, and never longer than the caller's own.
    fn patience(&self) -> i32 {
        let own = config::PARTITION_LOCK_TIMEOUT.get();
        if self.lock_timeout > 0 { own.min(self.lock_timeout) } else { own }
    }

    /// The settings that all reading and DDL here counts on.
    fn pin(&self) -> spi::Settings {
        let lock_timeout = CString::new(format!("{}ms", self.patience())).unwrap_or_default();
        spi::Settings::pin(&[
            (c"search_path", c"pg_catalog, pg_temp"),
            (c"DateStyle", c"ISO"),
            (c"TimeZone", c"UTC"),
            (c"lock_timeout", &lock_timeout),
        ])
    }
}

/// The table as it is at one moment, and what a partition would be in it.
struct Situation {
    facts: Facts,
    key: Key,
    siblings: Vec<Sibling>,
    wanted: Wanted,
    /// The zone came from the setting, and the session's own would give another month.
    zone_is_not_the_sessions: bool,
}

/// Creates the partition that is one stride long from `start` on, unless it is there.
///
/// # Errors
/// The table, the date, the range or the name does not allow it, or a lock was not to be had in time.
pub(super) fn create_one(table: &str, start: Date, stride: Stride) -> Result<Outcome, Error> {
    inspect::check_start(start)?;
    let series = Series { start: Start::Day(start), stride };
    let oid = key::resolve(table)?;
    let caller = Caller::now();
    let _pinned = caller.pin();

    let before = look(oid, &series, &caller)?;
    if let Step::Exists(sibling) = plan::decide(&before.facts.parent, &before.wanted, &before.siblings)? {
        return Ok(exists(&before, sibling));
    }
    within(&caller, &before.facts.parent, || {
        spi::run(&format!("LOCK TABLE ONLY {} IN SHARE UPDATE EXCLUSIVE MODE", before.facts.parent.identity))?;
        let now = look(oid, &series, &caller)?;
        if now.facts.parent.identity != before.facts.parent.identity {
            return Err(Error::new(
                Code::NotInPrerequisiteState,
                format!("table \"{}\" got another name meanwhile", before.facts.parent.name),
            )
            .hint(format!("It is {} now: call again with that name.", now.facts.parent.identity)));
        }
        match plan::decide(&now.facts.parent, &now.wanted, &now.siblings)? {
            Step::Exists(sibling) => Ok(exists(&now, sibling)),
            Step::Create(model) => {
                let partition = create(oid, &now, model)?;
                Ok(Outcome { remarks: remarks(&now, table), partition })
            }
        }
    })
}

/// Reads the table and its partitions, and evaluates the first of a series.
fn look(oid: pg_sys::Oid, series: &Series, caller: &Caller) -> Result<Situation, Error> {
    let Some(facts) = key::read(oid)? else {
        return Err(Error::new(Code::UndefinedTable, "table was dropped meanwhile"));
    };
    let key = facts.key(series.stride.title())?;
    let siblings = inspect::siblings(oid, key.kind)?;

    let setting = config::text(&config::PARTITION_TIME_ZONE);
    let zones: Vec<&str> = match key.kind {
        Kind::Instant => vec![&setting, "UTC", &caller.time_zone, &caller.server_time_zone],
        Kind::Date | Kind::Timestamp => vec!["UTC"],
    };
    let windows = inspect::windows(key.kind, series, 0..1, &zones, &siblings)?;
    let window = plan::choose_zone(&windows).ok_or_else(|| Error::new(Code::Internal, "no answer about a range"))?;
    let zone_is_not_the_sessions = siblings.is_empty() && windows.get(2).is_some_and(|own| own.range != window.range);

    let suffix = series.stride.suffix(window.day, &window.time);
    let width = |c: char| text::encode(c.encode_utf8(&mut [0; 4])).len();
    let name = plan::partition_name(&facts.schema, &facts.parent.name, &suffix, width);
    let wanted = Wanted {
        name,
        range: window.range,
        shown: window.shown.clone(),
        previous: window.previous,
        next: window.next,
        zone: (key.kind == Kind::Instant).then(|| window.zone.clone()),
        stride: series.stride,
        day: window.day,
    };
    Ok(Situation { facts, key, siblings, wanted, zone_is_not_the_sessions })
}

fn exists(at: &Situation, sibling: &Sibling) -> Outcome {
    let remark = Remark {
        severity: Severity::Notice,
        sqlstate: "42P07",
        message: format!("partition \"{}\" of \"{}\" already exists, skipping", sibling.name, at.facts.parent.name),
        detail: Some(format!("It holds {}.{}", sibling.shown, at.wanted.in_zone())),
        hint: None,
    };
    Outcome { partition: sibling.identity.clone(), remarks: vec![remark] }
}

fn remarks(at: &Situation, table: &str) -> Vec<Remark> {
    let Wanted { name, shown, zone, stride, day, .. } = &at.wanted;
    let mut remarks = Vec::new();
    if let Some(first) = stride.first(*day)
        && first != *day
    {
        let one = stride.singular();
        remarks.push(Remark {
            severity: Severity::Warning,
            sqlstate: "01000",
            message: format!("partition \"{name}\" does not begin on the first of a {one}"),
            detail: Some(format!(
                "It holds {shown}; a partition for a whole {one} beside it would overlap or leave a hole."
            )),
            hint: Some(format!(
                "For the whole {one}: SELECT warden.{}({}, '{first}');",
                stride.function(),
                literal(table)
            )),
        });
    }
    if let Some(zone) = zone
        && at.zone_is_not_the_sessions
    {
        remarks.push(Remark {
            severity: Severity::Notice,
            sqlstate: "00000",
            message: format!(
                "{} of \"{}\" begin at midnight in time zone \"{zone}\", not in this session's",
                stride.plural(),
                at.facts.parent.name
            ),
            detail: Some(format!("Partition \"{name}\" holds {shown}.")),
            hint: Some(
                "For another zone, drop it and SET warden.partition_time_zone = '...' before the first partition is created."
                    .to_owned(),
            ),
        });
    }
    remarks
}

/// Runs the DDL and returns the partition's name, qualified and quoted. The parent is locked.
fn create(oid: pg_sys::Oid, at: &Situation, model: Option<&Sibling>) -> Result<String, Error> {
    let Situation { facts, key, wanted, .. } = at;
    let place = inspect::place(facts.schema_oid, &facts.schema_quoted, &wanted.name)?;
    if let Some(occupant) = &place.occupant {
        return Err(taken(facts, wanted, &place.identity, occupant));
    }
    if let Some((name, default)) = &facts.default
        && let Some(rows) = inspect::rows_in_default(default, key, &wanted.shown)?
    {
        return Err(rows_in_default(oid, at, name, default, &rows)?);
    }
    let (access_method, options) = model.map_or(Ok((None, None)), |sibling| inspect::model(sibling.oid))?;
    let child = Child {
        identity: place.identity,
        parent: facts.parent.identity.clone(),
        lower: bound(&wanted.shown.lower, facts.columns),
        upper: bound(&wanted.shown.upper, facts.columns),
        method: method(facts, key, wanted.range.lower.point)?,
        access_method,
        options,
        tablespace: facts.tablespace.clone(),
        owner: (!facts.owner_is_caller).then(|| facts.owner.clone()),
        row_security: facts.row_security,
        replica_identity: facts.replica_identity.clone(),
    };
    for statement in child.statements() {
        spi::run(&statement)?;
    }
    if child.replica_identity == ReplicaIdentity::Index
        && let Some(index) = inspect::replica_identity_index(oid, &child.identity)?
    {
        spi::run(&format!("ALTER TABLE {} REPLICA IDENTITY USING INDEX {index}", child.identity))?;
    }
    Ok(child.identity)
}

/// Further columns of the key are left open: months tile the table whatever they hold.
fn bound(first: &str, columns: i32) -> String {
    let mut values = literal(first);
    for _ in 1..columns {
        values.push_str(", MINVALUE");
    }
    values
}

fn method(facts: &Facts, key: &Key, lower: Point) -> Result<Method, Error> {
    // The clock matters only beside a default.
    let now = if facts.default.is_some() { inspect::now()? } else { 0 };
    Ok(plan::method(facts.default.is_some(), lower, now, key.kind == Kind::Instant))
}

fn taken(facts: &Facts, wanted: &Wanted, identity: &str, occupant: &inspect::Occupant) -> Error {
    let Shown { lower, upper } = &wanted.shown;
    let parent = &facts.parent;
    let a = if occupant.kind.starts_with('i') { "an" } else { "a" };
    let (what, hint) = match &occupant.parent {
        Some(other) => (format!("a partition of {other}"), "Rename it first.".to_owned()),
        None if occupant.is_attachable => (
            "a table that is no partition".to_owned(),
            format!(
                "If it holds the rows of this range: ALTER TABLE {} ATTACH PARTITION {identity} FOR VALUES FROM ({}) TO ({}); \
                 otherwise rename it first.",
                parent.identity,
                bound(lower, facts.columns),
                bound(upper, facts.columns)
            ),
        ),
        None => (format!("{a} {}", occupant.kind), format!("Rename the {} first.", occupant.kind)),
    };
    Error::new(
        Code::DuplicateTable,
        format!("name \"{}\" for a partition of \"{}\" is taken by {a} {}", wanted.name, parent.name, occupant.kind),
    )
    .detail(format!("{identity} is {what}."))
    .hint(hint)
}

fn rows_in_default(oid: pg_sys::Oid, at: &Situation, name: &str, default: &str, rows: &str) -> Result<Error, Error> {
    let columns = inspect::insertable_columns(oid)?;
    let parent = &at.facts.parent.identity;
    Ok(Error::new(
        Code::CheckViolation,
        format!("default partition \"{name}\" of \"{}\" holds rows of {}", at.facts.parent.name, at.wanted.shown),
    )
    .detail(format!("{rows}{}", at.wanted.in_zone()))
    .hint(format!(
        "Move them in one transaction: BEGIN; ALTER TABLE {parent} DETACH PARTITION {default}; \
         SELECT warden.{}({}, '{}'); \
         WITH moved AS (DELETE FROM {default} WHERE {} RETURNING {columns}) \
         INSERT INTO {parent} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM moved; \
         ALTER TABLE {parent} ATTACH PARTITION {default} DEFAULT; COMMIT;",
        at.wanted.stride.function(),
        literal(parent),
        at.wanted.day,
        inspect::in_range(&at.key, &at.wanted.shown)
    )))
}

/// Says more than the server when a lock is not to be had in time. The error is never swallowed, so that no
/// subtransaction is needed.
fn within<T>(caller: &Caller, parent: &plan::Parent, work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let (patience, callers) = (caller.patience(), caller.lock_timeout);
    let work = AssertUnwindSafe(work);
    let late = AssertUnwindSafe(|said: String| {
        let setting = if callers > 0 && callers <= patience { "lock_timeout" } else { "warden.partition_lock_timeout" };
        Error::new(
            Code::LockNotAvailable,
            format!("no lock for a partition of \"{}\" within {}", parent.name, duration(patience)),
        )
        .detail(format!("The server said: {said}. Nothing was changed."))
        .hint(format!(
            "Call again later, or wait longer: SET {setting} = '...'; who is in the way: \
             SELECT pid, mode, relation::regclass FROM pg_locks WHERE granted AND relation = {}::regclass;",
            literal(&parent.identity)
        ))
    });
    PgTryBuilder::new(move || { work }.0())
        .catch_when(PgSqlErrorCode::ERRCODE_LOCK_NOT_AVAILABLE, move |error| {
            let late = &late;
            Err(late.0(message_of(&error)))
        })
        .execute()
}

fn message_of(error: &CaughtError) -> String {
    let (CaughtError::PostgresError(report)
    | CaughtError::ErrorReport(report)
    | CaughtError::RustPanic { ereport: report, .. }) = error;
    report.message().to_owned()
}

/// Milliseconds as settings show them.
fn duration(milliseconds: i32) -> String {
    if milliseconds % 1000 == 0 { format!("{} s", milliseconds / 1000) } else { format!("{milliseconds} ms") }
}
