//! Many partitions in one call, each with a word about what came of it.

use super::apply::{self, Caller, How, Remark, Situation};
use super::bounds::{DAY, Day, Meeting};
use super::inspect::{self, Place, Series, Start};
use super::key::{self, Key, Kind};
use super::plan::{self, Sibling, SiblingKind, Step, Wanted};
use super::policy::Span;
use super::stride::Stride;
use crate::error::emit::Severity;
use crate::error::{Code, Error};
use crate::facts::live::object::quote;
use crate::spi::observed::observe;
use crate::spi::{self, Caught};
use pgrx::prelude::*;
use std::time::Instant;

/// The most partitions that one call makes: all their locks are held until the end of its transaction.
pub(super) const MOST: i32 = 10_000;

/// What is asked for.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) stride: Stride,
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
    /// `None`: the set's own.
    pub(super) zone: Option<String>,
    pub(super) how: How,
}

/// What came of one partition.
#[derive(Debug)]
pub(super) struct Row {
    /// Qualified and quoted: the new one, or the one that is there; empty where it was not decided what there is to be.
    pub(super) partition: String,
    pub(super) lower: String,
    pub(super) upper: String,
    pub(super) status: &'static str,
    pub(super) sqlstate: Option<String>,
    pub(super) detail: Option<String>,
    /// How long its DDL took.
    pub(super) milliseconds: Option<f64>,
}

/// The length that an interval says.
///
/// # Errors
/// None or less, or a mix of lengths that are not to be compared.
pub(super) fn stride(interval: impl Into<Span>) -> Result<Stride, Error> {
    let Span { months, days, micros } = interval.into();
    match (months, days, micros) {
        (months @ 1.., 0, 0) => Ok(Stride::Months(months)),
        (0, days @ 1.., 0) => Ok(Stride::Days(days)),
        (0, 0, micros @ 1..) => Ok(Stride::Time(micros)),
        _ => {
            Err(Error::new(Code::InvalidParameter, "partition_interval must be months, days or a time, and above zero")
                .detail("How long a mix of them is depends on where it begins.")
                .hint("Write it as '1 month', '7 days' or '6 hours'."))
        }
    }
}

/// Creates all partitions of a series from its start to its end, but those that are there or cannot be.
///
/// # Errors
/// Nothing is done when the table, an argument or a hole beside a neighbour does not allow it, or a lock was not to be
/// had in time.
pub(super) fn create(table: &str, order: &Order) -> Result<(Vec<Row>, Vec<Remark>), Error> {
    check(order)?;
    let series = Series { start: Start::Time(order.start), stride: order.stride };
    let oid = key::resolve(table)?;
    let caller = Caller::now();
    let _pinned = caller.pin();

    let look = || -> Result<(Situation, Vec<Wanted>), Error> {
        let (at, _) = apply::look(oid, &series, order.zone.as_deref(), &caller)?;
        check_for_key(&at.key, order)?;
        let wanted = all(&at, &series, order)?;
        Ok((at, wanted))
    };
    let observed = observe(look)?;
    let (before, wanted) = &observed.value;
    let all_exist = |wanted: &Wanted| before.siblings.iter().any(|s| !s.is_detaching && s.range == wanted.range);
    if wanted.iter().all(all_exist) {
        let (mut before, wanted) = observed.value;
        return Ok((rows(&mut before, &wanted, order.how)?, Vec::new()));
    }
    let parent = before.facts.parent.clone();
    apply::within(&caller, &parent, || {
        apply::lock(&observed.value.0)?;
        let still_holds = observed.still_holds();
        let (before, wanted) = observed.value;
        let (mut now, wanted) =
            if still_holds { (before, wanted) } else { again(&before, wanted, order.stride, look)? };
        let name = now.facts.parent.name.clone();
        let mut remarks = Vec::new();
        if order.zone.is_none() {
            remarks.extend(wanted.first().and_then(|first| apply::zone_remark(&now, first)));
        }
        let rows = rows(&mut now, &wanted, order.how)?;
        remarks.extend(missing(&name, &rows));
        Ok((rows, remarks))
    })
}

/// Looks once more, under the lock. What was told from the table is told anew only where that is another now.
fn again(
    before: &Situation,
    wanted: Vec<Wanted>,
    stride: Stride,
    look: impl Fn() -> Result<(Situation, Vec<Wanted>), Error>,
) -> Result<(Situation, Vec<Wanted>), Error> {
    let (now, wanted) = match apply::look_again(before, stride.title())? {
        Some(now) => (now, wanted),
        None => look()?,
    };
    apply::must_have_its_name(before, &now)?;
    Ok((now, wanted))
}

fn check(order: &Order) -> Result<(), Error> {
    for (name, time) in [("start_at", order.start), ("end_at", order.end)] {
        if time.is_infinity() || time.is_neg_infinity() {
            let given = if time.is_infinity() { "infinity" } else { "-infinity" };
            return Err(Error::new(Code::DatetimeOverflow, format!("{name} cannot be {given}"))
                .detail("Partitions are made one by one."));
        }
    }
    let day = day(order.start);
    if day.is_bc() {
        return Err(Error::new(Code::DatetimeOverflow, format!("start_at cannot be {day}"))
            .detail("Names of partitions have no place for an era."));
    }
    if order.start.into_inner() >= order.end.into_inner() {
        return Err(Error::new(Code::InvalidParameter, "end_at must be after start_at"));
    }
    Ok(())
}

fn day(time: Timestamp) -> Day {
    Day::from_epoch_days(i32::try_from(i128::from(time.into_inner()).div_euclid(DAY)).unwrap_or_default())
}

/// Days are the smallest parts of a date.
pub(super) fn check_stride(key: &Key, stride: Stride) -> Result<(), Error> {
    if key.kind == Kind::Date && matches!(stride, Stride::Time(_)) {
        return Err(Error::new(
            Code::InvalidParameter,
            format!("partition_interval must be days or months for a key of {}", key.what()),
        ));
    }
    Ok(())
}

fn check_for_key(key: &Key, order: &Order) -> Result<(), Error> {
    check_stride(key, order.stride)?;
    if key.kind != Kind::Date {
        return Ok(());
    }
    if i128::from(order.start.into_inner()).rem_euclid(DAY) != 0 {
        return Err(Error::new(
            Code::InvalidParameter,
            format!("start_at must be a midnight for a key of {}", key.what()),
        ));
    }
    Ok(())
}

fn all(at: &Situation, series: &Series, order: &Order) -> Result<Vec<Wanted>, Error> {
    let Some(count) = inspect::count(at.key.kind, series, order.end, &at.zone, MOST)? else {
        return Err(Error::new(Code::InvalidParameter, format!("more than {MOST} partitions at once"))
            .hint("Choose a longer partition_interval, or a nearer end_at."));
    };
    let windows = inspect::windows(at.key.kind, series, 0..count, &[&at.zone], &[])?;
    // A day that a zone has left out holds nothing.
    let real = windows.iter().filter(|window| window.range.lower < window.range.upper);
    real.map(|window| at.wanted(window, order.stride)).collect()
}

/// Makes them, and says what came of each.
pub(super) fn rows(at: &mut Situation, all: &[Wanted], how: How) -> Result<Vec<Row>, Error> {
    let names: Vec<_> = all.iter().map(|wanted| wanted.name.as_str()).collect();
    let places = inspect::places(at.facts.schema_oid, &at.facts.schema_quoted, &names)?;
    let known = at.siblings.len();
    // A savepoint for each slows all of them down, and hardly ever is there anything to be caught.
    if let Ok(rows) = spi::caught(|| each(at, all, &places, how, |create| Ok(create()))) {
        return rows;
    }
    at.siblings.truncate(known);
    each(at, all, &places, how, |create| spi::caught(create))
}

/// One by one. What was made is known as a neighbour of the next without asking the server again.
fn each(
    at: &mut Situation,
    all: &[Wanted],
    places: &[Place],
    how: How,
    run: impl Fn(&dyn Fn() -> u64) -> Result<u64, Caught>,
) -> Result<Vec<Row>, Error> {
    let mut rows = Vec::with_capacity(all.len());
    for (wanted, place) in all.iter().zip(places) {
        let (row, made) = one(at, wanted, place, how, &run)?;
        rows.push(row);
        at.siblings.extend(made);
    }
    Ok(rows)
}

fn one(
    at: &Situation,
    wanted: &Wanted,
    place: &Place,
    how: How,
    run: impl Fn(&dyn Fn() -> u64) -> Result<u64, Caught>,
) -> Result<(Row, Option<Sibling>), Error> {
    let step = match plan::decide(&at.facts.parent, wanted, &at.siblings) {
        Ok(step) => step,
        // Were the next ones made beside it, the hole would be there for good.
        Err(error) if error.code() == Code::InvalidParameter => return Err(error),
        Err(error) => return Ok((refused(at, wanted, &error), None)),
    };
    let model = match step {
        Step::Exists(sibling) => return Ok((row(sibling.identity.clone(), wanted, "exists"), None)),
        Step::Create(model) => model,
    };
    let child = match apply::prepare_in(place, at, wanted, model, how) {
        Ok(child) => child,
        Err(error) => return Ok((refused(at, wanted, &error), None)),
    };
    let begun = Instant::now();
    // An error of ours, too, has to undo what was done of this partition.
    let done = run(&|| apply::create(at, &child).unwrap_or_else(|error| error.raise()));
    let mut row = row(child.identity.clone(), wanted, "created");
    row.milliseconds = Some(begun.elapsed().as_secs_f64() * 1000.0);
    if let Err(caught) = done {
        row.status = "error";
        row.sqlstate = Some(sqlstate(caught.code));
        row.detail = Some(caught.detail.map_or_else(|| caught.message.clone(), |d| format!("{}. {d}", caught.message)));
        return Ok((row, None));
    }
    row.detail = child.moved.map(|moved| format!("Rows of this range were moved from {}.", moved.default));
    let made = Sibling {
        // What is taken over from a neighbour is the model's, here too.
        oid: model.map_or(0, |model| model.oid),
        name: wanted.name.clone(),
        identity: child.identity,
        schema_is_parents: true,
        kind: SiblingKind::Table,
        is_detaching: false,
        range: wanted.range,
        shown: wanted.shown.clone(),
    };
    Ok((row, Some(made)))
}

fn row(partition: String, wanted: &Wanted, status: &'static str) -> Row {
    Row {
        partition,
        lower: wanted.shown.lower.clone(),
        upper: wanted.shown.upper.clone(),
        status,
        sqlstate: None,
        detail: None,
        milliseconds: None,
    }
}

fn refused(at: &Situation, wanted: &Wanted, error: &Error) -> Row {
    let cover = at.siblings.iter().find(|s| !s.is_detaching && wanted.range.meets(&s.range) == Meeting::Covered);
    let mut row = match cover {
        Some(sibling) => row(sibling.identity.clone(), wanted, "covered"),
        None => row(format!("{}.{}", at.facts.schema_quoted, quote(&wanted.name)), wanted, "blocked"),
    };
    row.sqlstate = Some(sqlstate(error.code().into()));
    row.detail = Some(error.said());
    row
}

/// Five characters of six bits each.
pub(super) fn sqlstate(code: PgSqlErrorCode) -> String {
    let packed = code as i32;
    (0..5).filter_map(|n| char::from_u32(((packed >> (6 * n)) & 0x3f).unsigned_abs() + u32::from('0'))).collect()
}

/// A caller who does not read the rows is to know that there are holes.
pub(super) fn missing(name: &str, rows: &[Row]) -> Option<Remark> {
    let missing: Vec<&Row> = rows.iter().filter(|row| matches!(row.status, "blocked" | "error")).collect();
    let first = missing.first()?;
    let what = match first.partition.as_str() {
        "" => format!("of [{}, {})", first.lower, first.upper),
        partition => partition.to_owned(),
    };
    Some(Remark {
        severity: Severity::Warning,
        sqlstate: "01000",
        message: format!("{} of {} partitions of \"{name}\" could not be created", missing.len(), rows.len()),
        detail: Some(format!("The first is {what}: {}", first.detail.clone().unwrap_or_default())),
        hint: None,
    })
}
