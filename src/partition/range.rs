//! Partitions whose bounds are given as they are, or follow from those that are there.

use super::apply::{self, Caller, Outcome, Remark, Situation};
use super::bounds::{DAY, Day, Edge, Point, Range, Tail};
use super::encoding::Encoding;
use super::inspect::{self, Series, Start};
use super::key::{self, Kind};
use super::plan::{MAX, MIN, NAME_BYTES, Shown, Sibling, Wanted, Window, literal};
use super::stride::{MONTH, QUARTER, Stride, YEAR};
use crate::error::emit::Severity;
use crate::error::{Code, Error};
use crate::facts::live::object::quote;
use crate::spi;
use crate::text::{self, Text};
use pgrx::prelude::*;
use std::ffi::CString;

/// What zones and errors go by where nothing is known of a length yet.
pub(super) const ANY: Stride = Stride::Time(1);

/// A time as the key holds it.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    pub(super) shown: String,
    pub(super) point: Point,
    /// No key of this time is less.
    is_least: bool,
    /// By the clock of the zone.
    pub(super) wall: Timestamp,
    pub(super) day: Day,
    pub(super) time: String,
}

/// One end of a range.
#[derive(Debug, Clone)]
pub(super) enum End {
    Below,
    At(Moment),
    Above,
}

impl End {
    pub(super) fn point(&self) -> Point {
        match self {
            Self::Below => Point::Below,
            Self::At(moment) => moment.point,
            Self::Above => Point::Above,
        }
    }

    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Below => MIN,
            Self::At(moment) => &moment.shown,
            Self::Above => MAX,
        }
    }
}

/// Creates the partition with these bounds, unless it is there.
///
/// # Errors
/// The table, the bounds or the name does not allow it, or a lock was not to be had in time.
pub(super) fn create(table: &str, lower: &str, upper: &str, name: Option<&str>) -> Result<Outcome, Error> {
    let oid = key::resolve(table)?;
    let caller = Caller::now();
    let _pinned = caller.pin();
    let guide = [lower, upper].into_iter().find(|text| word(text).is_none());
    apply::make(&caller, || {
        let at = look(oid, guide, &caller)?;
        let (from, to) = both_ends(&at, lower, upper)?;
        let name = match name {
            Some(name) => given_name(name, &at)?,
            None => at.name(&suffix(&from, &to)?),
        };
        let mut wanted = wanted(&at, &from, &to, name);
        wanted.call = Some(call(&at, &wanted));
        let remarks = other_clock(&at, lower, upper, &wanted, &caller)?.into_iter().collect();
        Ok((at, wanted, remarks))
    })
}

/// The ends that two texts are.
///
/// # Errors
/// They are none, or not in order.
pub(super) fn both_ends(at: &Situation, lower: &str, upper: &str) -> Result<(End, End), Error> {
    let (from, to) = (end("lower_bound", lower, at, &at.zone)?, end("upper_bound", upper, at, &at.zone)?);
    if from.point() < to.point() {
        return Ok((from, to));
    }
    Err(Error::new(Code::InvalidParameter, "lower_bound must be below upper_bound").detail(format!(
        "They are {} and {}.",
        from.shown(),
        to.shown()
    )))
}

/// The partition that holds a value; created, as long as its neighbours, where there is none.
///
/// # Errors
/// As [`create`], and where the partitions that are there do not show how long the new one is to be.
pub(super) fn ensure(table: &str, value: &str) -> Result<String, Error> {
    let oid = key::resolve(table)?;
    let caller = Caller::now();
    let _pinned = caller.pin();
    let outcome = apply::make(&caller, || {
        let at = look(oid, Some(value), &caller)?;
        let moment = moment("value", value, &at, &at.zone)?;
        let edge = Edge::before(moment.point);
        let parts = |e: Edge| e.point == edge.point && e.tail == Tail::Within;
        if let Some(parting) = at.siblings.iter().find(|s| parts(s.range.lower) || parts(s.range.upper)) {
            return Err(Error::new(
                Code::InvalidParameter,
                format!("rows of {} are in more than one partition of \"{}\"", literal(value), at.facts.parent.name),
            )
            .detail(format!("The rest of the key decides which of them are in {}.", parting.identity)));
        }
        let holder = at.siblings.iter().find(|s| s.range.lower <= edge && edge < s.range.upper);
        let wanted = if let Some(holder) = holder {
            as_it_is(&at, holder)
        } else {
            let (window, stride) = next_to_neighbours(&at, &moment)?;
            of_window(&at, &window, stride, &moment.shown)?
        };
        Ok((at, wanted, Vec::new()))
    })?;
    Ok(outcome.partition)
}

/// The partition that is to hold a value which none holds: of the length and from the start that are given, or else next to
/// its neighbours.
///
/// # Errors
/// As [`ensure`].
pub(super) fn for_value(at: &Situation, value: &str, rule: Option<Rule>) -> Result<Wanted, Error> {
    let (window, stride) = window_for_value(at, value, rule)?;
    of_window(at, &window, stride, value)
}

/// The same as a range of times, of which no key may begin or end.
///
/// # Errors
/// As [`ensure`].
pub(super) fn window_for_value(at: &Situation, value: &str, rule: Option<Rule>) -> Result<(Window, Stride), Error> {
    let moment = moment("value", value, at, &at.zone)?;
    let Some(Rule { stride, start }) = rule else { return next_to_neighbours(at, &moment) };
    let start = match (start, nearest(&at.siblings, moment.point)) {
        (Some(start), _) => self::moment("anchor", &wall(start)?, at, &at.zone)?,
        (None, Some(sibling)) => ends(at, sibling)?.0,
        // A Monday, and the first of a month, where nothing says more.
        (None, None) if matches!(stride, Stride::Days(days) if days % 7 == 0) => {
            self::moment("anchor", "2001-01-01", at, &at.zone)?
        }
        (None, None) => self::moment("anchor", "2000-01-01", at, &at.zone)?,
    };
    of_series(at, &moment, &start, stride)
}

/// How long partitions are, and from where they are counted; `None`: from what is there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) stride: Stride,
    pub(super) start: Option<Timestamp>,
}

/// A bound by the clock of the zone, and its day.
pub(super) fn wall_of(at: &Situation, shown: &str) -> Result<(Timestamp, Day), Error> {
    let moment = moment("bound", shown, at, &at.zone)?;
    Ok((moment.wall, moment.day))
}

/// The text of a wall clock.
fn wall(time: Timestamp) -> Result<String, Error> {
    let rows =
        spi::select("SELECT $1::text", &[time.into()], |row| Ok(row.get::<Text>(1)?.map(|t| t.0).unwrap_or_default()))?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// What the zone of a set is looked for with where no time is given: now.
pub(super) fn any_series() -> Result<Series, Error> {
    series_at(None)
}

fn series_at(guide: Option<String>) -> Result<Series, Error> {
    let rows = spi::select(
        "SELECT CASE WHEN isfinite($1::timestamptz) THEN $1::timestamptz ELSE now() END AT TIME ZONE 'UTC'",
        &[guide.map(Text).into()],
        |row| Ok(row.get::<Timestamp>(1)?),
    )?;
    let start =
        rows.into_iter().flatten().next().ok_or_else(|| Error::new(Code::Internal, "no answer about a time"))?;
    Ok(Series { start: Start::Time(start), stride: ANY })
}

/// The table, with the zone in which texts are read: the one that its bounds show at the time of this text.
pub(super) fn look(oid: pg_sys::Oid, guide: Option<&str>, caller: &Caller) -> Result<Situation, Error> {
    look_in(oid, guide, None, caller)
}

/// The same in a zone that is known.
pub(super) fn look_in(
    oid: pg_sys::Oid,
    guide: Option<&str>,
    zone: Option<&str>,
    caller: &Caller,
) -> Result<Situation, Error> {
    // A key is not to be read as a time.
    let guide = match guide.map(str::trim).filter(|text| Encoding::could_be_key(text)) {
        Some(text) => match key::time_of(oid)? {
            Some((_, Encoding::Plain)) => Some(text.to_owned()),
            Some((_, encoding)) => match encoding.read(text) {
                Some(edge) => inspect::instant(edge.point).map(|instant| written("$1::text", instant)).transpose()?,
                None => Some(text.to_owned()),
            },
            None => None,
        },
        None => guide.map(ToOwned::to_owned),
    };
    apply::look(oid, &series_at(guide)?, zone, caller).map(|(at, _)| at)
}

/// The bound beyond every value that a text is.
pub(super) fn word(text: &str) -> Option<End> {
    match text.trim().to_ascii_uppercase().as_str() {
        MIN => Some(End::Below),
        MAX => Some(End::Above),
        _ => None,
    }
}

pub(super) fn end(argument: &str, text: &str, at: &Situation, zone: &str) -> Result<End, Error> {
    if let Some(word) = word(text) {
        return Ok(word);
    }
    // A text that begins with a day is a time by itself.
    let key = at.key.encoding.read(text.trim()).filter(|_| at.key.encoding != Encoding::Iso);
    let mut moment = moment_of(argument, text, key, at, zone)?;
    if !moment.is_least {
        return Err(Error::new(Code::InvalidParameter, format!("{argument} lies within the keys of one time"))
            .detail(format!("{} is not the least key of {}.", literal(text.trim()), moment.shown)));
    }
    moment.shown = inspect::bound(&at.key, moment.point, &moment.shown)?;
    Ok(End::At(moment))
}

/// A text as the server reads it in this zone; of an encoded key, a key, too.
pub(super) fn moment(argument: &str, text: &str, at: &Situation, zone: &str) -> Result<Moment, Error> {
    moment_of(argument, text, at.key.encoding.read(text.trim()), at, zone)
}

/// The moment of a window's bound, which the server has printed already.
pub(super) fn moment_at(shown: &str, at: &Situation) -> Result<Moment, Error> {
    moment_of("bound", shown, None, at, &at.zone)
}

fn moment_of(argument: &str, text: &str, key: Option<Edge>, at: &Situation, zone: &str) -> Result<Moment, Error> {
    let kind = at.key.kind;
    let text = match key.map(|edge| (inspect::instant(edge.point), kind)) {
        None => text.to_owned(),
        Some((Some(instant), Kind::Instant)) => written("$1::text", instant)?,
        Some((Some(instant), _)) => written("($1::timestamp)::text", instant)?,
        Some((None, _)) => {
            return Err(Error::new(Code::DatetimeOverflow, format!("{argument} cannot be {}", text.trim()))
                .detail("It is of no time that the calendar has."));
        }
    };
    let text = text.as_str();
    let read = match kind {
        Kind::Instant => {
            let zone = CString::new(text::encode(zone)).unwrap_or_default();
            let _zone = spi::Settings::pin(&[(c"TimeZone", &zone)]);
            let rows = spi::select("SELECT $1::timestamptz::text", &[Text::from(text).into()], |row| {
                Ok(row.get::<Text>(1)?.map(|t| t.0))
            })?;
            rows.into_iter().flatten().next().unwrap_or_default()
        }
        Kind::Date | Kind::Timestamp => text.to_owned(),
    };
    // A time of the day is not to be lost unseen where the key is a date.
    let wall = match kind {
        Kind::Instant => "x.v AT TIME ZONE $2",
        Kind::Date => "$1::timestamp",
        Kind::Timestamp => "x.v",
    };
    let rows = spi::select(
        &format!(
            "SELECT x.v::text, x.v, w.t, CASE WHEN isfinite(w.t) THEN w.t::date - date '2000-01-01' END, w.t::time::text, $2
               FROM (SELECT $1::{}) AS x (v) CROSS JOIN LATERAL (SELECT {wall}) AS w (t)",
            kind.type_name()
        ),
        &[Text(read).into(), Text::from(zone).into()],
        |row| {
            let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
            let point = inspect::read_point(row, 2, kind)?;
            let wall = row.get::<Timestamp>(3)?;
            Ok((text(1)?, point, wall, row.get::<i32>(4)?, text(5)?))
        },
    )?;
    let Some((shown, point, Some(wall), Some(days), time)) = rows.into_iter().next() else {
        return Err(Error::new(Code::DatetimeOverflow, format!("{argument} cannot be {}", text.trim()))
            .hint("A bound beyond every value is MINVALUE or MAXVALUE."));
    };
    if kind == Kind::Date && time != "00:00:00" {
        return Err(Error::new(
            Code::InvalidParameter,
            format!("{argument} must be a day for a key of {}", at.key.what()),
        )
        .detail(format!("It is {}.", literal(text))));
    }
    let is_least = key.is_none_or(|edge| edge.tail == Tail::Least);
    Ok(Moment { shown, point, is_least, wall, day: Day::from_epoch_days(days), time })
}

/// An instant as the server writes it, in UTC.
fn written(sql: &str, instant: TimestampWithTimeZone) -> Result<String, Error> {
    let rows = spi::select(&format!("SELECT {sql}"), &[instant.into()], |row| Ok(row.get::<Text>(1)?.map(|t| t.0)))?;
    Ok(rows.into_iter().flatten().next().unwrap_or_default())
}

/// A partition between two ends, which may leave a hole beside it: whoever gives bounds means them.
pub(super) fn wanted(at: &Situation, from: &End, to: &End, name: String) -> Wanted {
    Wanted {
        name,
        range: Range { lower: Edge::before(from.point()), upper: Edge::before(to.point()) },
        shown: Shown { lower: from.shown().to_owned(), upper: to.shown().to_owned() },
        previous: from.point(),
        next: to.point(),
        zone: (at.key.kind == Kind::Instant).then(|| at.zone.clone()),
        plural: "partitions",
        title: "Bounds without an offset",
        beginning: "are read".to_owned(),
        call: None,
    }
}

/// The call that makes a partition with its bounds and name.
pub(super) fn call(at: &Situation, wanted: &Wanted) -> String {
    format!(
        "create_range_partition({}, {}, {}, {})",
        literal(&at.facts.parent.identity),
        literal(&wanted.shown.lower),
        literal(&wanted.shown.upper),
        literal(&quote(&wanted.name))
    )
}

/// What a partition between these ends is called: a year, a quarter or a month by its name, all else by where it begins.
pub(super) fn suffix(from: &End, to: &End) -> Result<String, Error> {
    let End::At(lower) = from else {
        return Err(Error::new(Code::InvalidParameter, "partition_name is needed where lower_bound is MINVALUE")
            .detail("Names of partitions say where they begin."));
    };
    let found = match to {
        End::At(upper) => stride(lower, upper),
        _ => ANY,
    };
    let by_name = [YEAR, QUARTER, MONTH].contains(&found) && found.first(lower.day) == Some(lower.day);
    let by = match (by_name && lower.time == "00:00:00", lower.time.as_str()) {
        (true, _) => found,
        (false, "00:00:00") => Stride::Days(1),
        _ => ANY,
    };
    Ok(by.suffix(lower.day, &lower.time))
}

/// The length between two times: months where the calendar says so, else days, else a time.
pub(super) fn stride(lower: &Moment, upper: &Moment) -> Stride {
    let length = i128::from(upper.wall.into_inner()) - i128::from(lower.wall.into_inner());
    let months = (upper.day.year - lower.day.year) * 12 + i64::from(upper.day.month) - i64::from(lower.day.month);
    if upper.time == lower.time {
        if upper.day.of_month == lower.day.of_month && months > 0 {
            return i32::try_from(months).map_or(ANY, Stride::Months);
        }
        return i32::try_from(length / DAY).map_or(ANY, Stride::Days);
    }
    match (lower.point, upper.point) {
        (Point::At(lower), Point::At(upper)) => i64::try_from(upper - lower).map_or(ANY, Stride::Time),
        _ => ANY,
    }
}

/// A name that the caller gives, written as in SQL; partitions are created in the schema of their table.
fn given_name(text: &str, at: &Situation) -> Result<String, Error> {
    let invalid = |why: &str| {
        Err(Error::new(Code::InvalidName, format!("not a name for a partition: {}", literal(text))).detail(why))
    };
    if !key::is_table_name(text) {
        return invalid("Write it as in SQL, with double quotes around a name that has capitals, spaces or dots.");
    }
    let parts = spi::select("SELECT part FROM unnest(parse_ident($1)) AS part", &[Text::from(text).into()], |row| {
        Ok(row.get::<Text>(1)?.map(|t| t.0).unwrap_or_default())
    })?;
    let name = match parts.as_slice() {
        [name] => name,
        [schema, name] if *schema == at.facts.schema => name,
        _ => return invalid("Partitions are created in the schema of their table."),
    };
    if text::encode(name).len() > NAME_BYTES {
        return invalid("It is longer than 63 bytes.");
    }
    Ok(name.clone())
}

/// Says so when the first bounds of a set were read by another clock than the session's.
pub(super) fn other_clock(
    at: &Situation,
    lower: &str,
    upper: &str,
    wanted: &Wanted,
    caller: &Caller,
) -> Result<Option<Remark>, Error> {
    if at.key.kind != Kind::Instant || !at.siblings.is_empty() {
        return Ok(None);
    }
    let own = (end("lower_bound", lower, at, &caller.time_zone)?, end("upper_bound", upper, at, &caller.time_zone)?);
    if own.0.point() == wanted.range.lower.point && own.1.point() == wanted.range.upper.point {
        return Ok(None);
    }
    Ok(Some(Remark {
        severity: Severity::Notice,
        sqlstate: "00000",
        message: format!(
            "bounds of \"{}\" are read in time zone \"{}\", not in this session's",
            at.facts.parent.name, at.zone
        ),
        detail: Some(format!("Partition \"{}\" holds {}.", wanted.name, wanted.shown)),
        hint: Some("Write an offset with each bound, or SET warden.partition_time_zone = '...'.".to_owned()),
    }))
}

/// A present partition as the one that is wanted.
fn as_it_is(at: &Situation, holder: &Sibling) -> Wanted {
    let mut wanted = wanted(at, &End::Below, &End::Above, holder.name.clone());
    (wanted.range, wanted.shown) = (holder.range, holder.shown.clone());
    wanted
}

/// The partition for a time that none holds: as long as the nearest one, and counted from where that begins.
fn next_to_neighbours(at: &Situation, moment: &Moment) -> Result<(Window, Stride), Error> {
    let Some(nearest) = nearest(&at.siblings, moment.point) else {
        return Err(Error::new(
            Code::NotInPrerequisiteState,
            format!("table \"{}\" has no partition that shows how long the next one is to be", at.facts.parent.name),
        )
        .hint("Create the first one: warden.create_monthly_partition and those beside it, or warden.create_range_partition."));
    };
    let (lower, upper) = ends(at, nearest)?;
    let stride = stride(&lower, &upper);
    let beside = at
        .siblings
        .iter()
        .filter(|s| is_finite(s))
        .find(|s| s.range.upper == nearest.range.lower || s.range.lower == nearest.range.upper);
    let other = match beside {
        Some(sibling) => {
            let (lower, upper) = ends(at, sibling)?;
            Some((sibling, self::stride(&lower, &upper)))
        }
        None => None,
    };
    let why = match other {
        Some((sibling, other)) if other != stride => {
            Some(format!("{} and {} are not of one length.", nearest.identity, sibling.identity))
        }
        _ => ambiguous(nearest, &lower, stride),
    };
    if let Some(why) = why {
        return Err(Error::new(
            Code::InvalidParameter,
            format!("partitions of \"{}\" do not show how long the next one is to be", at.facts.parent.name),
        )
        .detail(why)
        .hint("Say it: warden.create_range_partition."));
    }
    of_series(at, moment, &lower, stride)
}

/// The range of a series that holds a time.
fn of_series(at: &Situation, moment: &Moment, start: &Moment, stride: Stride) -> Result<(Window, Stride), Error> {
    // Hours that a clock shows twice are told apart by this one only.
    let (zone, start) = match (at.key.kind, stride) {
        (Kind::Instant, Stride::Time(_)) => ("UTC", self::moment("bound", &start.shown, at, "UTC")?),
        _ => (at.zone.as_str(), start.clone()),
    };
    let series = Series { start: Start::Time(start.wall), stride };
    let number = strides_between(&start, moment, stride);
    let numbers = number.saturating_sub(1)..number.saturating_add(2);
    let windows = inspect::windows(at.key.kind, &series, numbers, &[zone], &[])?;
    let edge = Edge::before(moment.point);
    let window = windows.into_iter().find(|w| w.range.lower <= edge && edge < w.range.upper);
    let window = window.ok_or_else(|| Error::new(Code::Internal, "no partition of the series holds the value"))?;
    Ok((window, stride))
}

/// The partition that such a range is, for this value.
///
/// # Errors
/// No key begins or ends there, or no name says when it begins.
pub(super) fn of_window(at: &Situation, window: &Window, stride: Stride, value: &str) -> Result<Wanted, Error> {
    if window.day.is_bc() {
        return Err(Error::new(Code::DatetimeOverflow, format!("value cannot be {value}"))
            .detail("Names of partitions have no place for an era."));
    }
    let mut wanted = at.wanted(window, stride)?;
    wanted.call = Some(call(at, &wanted));
    Ok(wanted)
}

pub(super) fn is_finite(sibling: &Sibling) -> bool {
    matches!((sibling.range.lower.point, sibling.range.upper.point), (Point::At(_), Point::At(_)))
}

/// Why a partition does not show how long the next one is to be.
pub(super) fn ambiguous(sibling: &Sibling, lower: &Moment, stride: Stride) -> Option<String> {
    match stride {
        // Months that begin behind the 28th are not of one day.
        Stride::Months(_) if lower.day.of_month > 28 => {
            Some(format!("{} begins at the end of a month.", sibling.identity))
        }
        Stride::Days(28..=31) => Some(format!("{} may be a month or days.", sibling.identity)),
        _ => None,
    }
}

/// The partition with two ends that is nearest to a point that it does not hold.
fn nearest(siblings: &[Sibling], point: Point) -> Option<&Sibling> {
    let distance = |s: &Sibling| match (s.range.lower.point, s.range.upper.point, point) {
        (Point::At(lower), Point::At(upper), Point::At(point)) => Some((lower - point).max(point - upper)),
        _ => None,
    };
    siblings
        .iter()
        .filter(|s| !s.is_detaching)
        .filter_map(|s| distance(s).map(|d| (d, s)))
        .min_by_key(|(d, _)| *d)
        .map(|(_, s)| s)
}

pub(super) fn ends(at: &Situation, sibling: &Sibling) -> Result<(Moment, Moment), Error> {
    let read = |shown: &str| moment("bound", inspect::first_shown(shown), at, &at.zone);
    Ok((read(&sibling.shown.lower)?, read(&sibling.shown.upper)?))
}

/// About how many strides lie between two times: right, or one too many.
pub(super) fn strides_between(from: &Moment, to: &Moment, stride: Stride) -> i32 {
    let wall = i128::from(to.wall.into_inner()) - i128::from(from.wall.into_inner());
    let strides = match (stride, from.point, to.point) {
        (Stride::Months(n), ..) => {
            let months = (to.day.year - from.day.year) * 12 + i64::from(to.day.month) - i64::from(from.day.month);
            i128::from(months).div_euclid(i128::from(n))
        }
        (Stride::Days(n), ..) => wall.div_euclid(i128::from(n) * DAY),
        (Stride::Time(n), Point::At(from), Point::At(to)) => (to - from).div_euclid(i128::from(n)),
        (Stride::Time(_), ..) => 0,
    };
    i32::try_from(strides).unwrap_or_default()
}
