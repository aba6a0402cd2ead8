//! What is there already: partitions with their bounds, owners of names, rows of the default.
//!
//! Every query here runs with the settings that [`super::apply`] pins: `search_path`, ISO dates, time zone UTC. So the
//! text of a bound is one and the same in every session, and the server turns it into values.

use super::bounds::{Bound, DAY, Day, Edge, Point, Range, Tail, Value, parse_bound, tail};
use super::encoding::Encoding;
use super::key::{Key, Kind, kind_name};
use super::plan::{MAX, MIN, Shown, Sibling, SiblingKind, Window, literal};
use super::stride::Stride;
use crate::error::{Code, Error};
use crate::facts::live::{self, object::quote};
use crate::spi;
use crate::text::Text;
use pgrx::datum::DatumWithOid;
use pgrx::prelude::*;
use pgrx::spi::SpiHeapTupleData;
use std::ffi::CString;
use std::ops;

/// The table that a partition belongs to.
pub(super) fn parent(partition: pg_sys::Oid) -> Result<Option<pg_sys::Oid>, Error> {
    let rows = spi::select_planned(
        "SELECT i.inhparent FROM pg_inherits i WHERE i.inhrelid = $1",
        &[partition.into()],
        |row| Ok(row.get::<pg_sys::Oid>(1)?),
    )?;
    Ok(rows.into_iter().flatten().next())
}

/// The partitions of a table that have a range, in no order.
///
/// # Errors
/// A bound that cannot be read.
pub(super) fn siblings(parent: pg_sys::Oid, key: &Key) -> Result<Vec<Sibling>, Error> {
    // A bound names no column, so it needs no table to be printed; given one, the server would wait for a lock on it.
    let rows = spi::select_planned(
        "SELECT c.oid, c.relname::text, format('%I.%I', n.nspname, c.relname), c.relnamespace = p.relnamespace,
                c.relkind::text, i.inhdetachpending, pg_get_expr(c.relpartbound, 0)
           FROM pg_inherits i
           JOIN pg_class c ON c.oid = i.inhrelid
           JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_class p ON p.oid = i.inhparent
          WHERE i.inhparent = $1",
        &[parent.into()],
        |row| {
            let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
            let sibling = Sibling {
                oid: row.get::<pg_sys::Oid>(1)?.map_or(0, pg_sys::Oid::to_u32),
                name: text(2)?,
                identity: text(3)?,
                schema_is_parents: row.get::<bool>(4)?.unwrap_or_default(),
                kind: match text(5)?.as_str() {
                    "r" => SiblingKind::Table,
                    "p" => SiblingKind::Partitioned,
                    _ => SiblingKind::Other,
                },
                is_detaching: row.get::<bool>(6)?.unwrap_or_default(),
                range: Range { lower: Edge::before(Point::Below), upper: Edge::before(Point::Above) },
                shown: Shown { lower: String::new(), upper: String::new() },
            };
            Ok((sibling, text(7)?))
        },
    )?;
    let mut siblings = Vec::with_capacity(rows.len());
    let mut bounds = Vec::with_capacity(rows.len());
    for (sibling, bound) in rows {
        match parse_bound(&bound) {
            Some(Bound::Range { lower, upper }) => {
                bounds.push((lower, upper));
                siblings.push(sibling);
            }
            Some(Bound::Default) => {}
            None => {
                return Err(Error::new(
                    Code::Internal,
                    format!("bound of partition \"{}\" cannot be read", sibling.name),
                )
                .detail(format!("It is: {bound}")));
            }
        }
    }
    let mut points = evaluate(key.kind, if key.encoding == Encoding::Plain { &bounds } else { &[] })?.into_iter();
    for (sibling, (lower, upper)) in siblings.iter_mut().zip(bounds) {
        let mut edge = |values: &[Value]| match (key.encoding, values.first()) {
            (Encoding::Plain, first) => Ok(Edge { point: point(first, &mut points), tail: tail(values) }),
            (_, Some(Value::Literal(text))) => encoded(key, text, values, sibling),
            (_, first) => Ok(Edge { point: point(first, &mut points), tail: tail(values) }),
        };
        sibling.range = Range { lower: edge(&lower)?, upper: edge(&upper)? };
        sibling.shown = Shown { lower: shown(&lower), upper: shown(&upper) };
    }
    Ok(siblings)
}

/// The edge that a bound of an encoded key makes.
fn encoded(key: &Key, text: &str, values: &[Value], sibling: &Sibling) -> Result<Edge, Error> {
    let read = key.encoding.read(text).ok_or_else(|| {
        let encoding = key.encoding.word();
        Error::new(
            Code::NotSupported,
            format!("bound {} of partition \"{}\" is no key of encoding {encoding}", literal(text), sibling.name),
        )
        .hint(format!("All bounds have to be: detach {}, or declare another encoding.", sibling.identity))
    })?;
    // Within a unit of time, further columns do not matter any more.
    Ok(if read.tail == Tail::Least { Edge { tail: tail(values), ..read } } else { read })
}

fn point(first: Option<&Value>, evaluated: &mut impl Iterator<Item = Point>) -> Point {
    match first {
        Some(Value::Min) | None => Point::Below,
        Some(Value::Max) => Point::Above,
        Some(Value::Literal(_)) => evaluated.next().unwrap_or(Point::Above),
    }
}

fn shown(values: &[Value]) -> String {
    match values {
        [one] => one.to_string(),
        [first, rest @ ..] if rest.iter().all(|v| *v == Value::Min) => first.to_string(),
        _ => format!("({})", values.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")),
    }
}

/// The points of all first literals, in order, as the server reads them.
fn evaluate(kind: Kind, bounds: &[(Vec<Value>, Vec<Value>)]) -> Result<Vec<Point>, Error> {
    let literals = first_literals(bounds.iter().flat_map(|(lower, upper)| [lower.first(), upper.first()]));
    if literals.is_empty() {
        return Ok(Vec::new());
    }
    spi::select_planned(
        &format!("SELECT u.t::{} FROM unnest($1) WITH ORDINALITY AS u (t, n) ORDER BY u.n", kind.type_name()),
        &[literals.into()],
        |row| read_point(row, 1, kind),
    )
}

fn first_literals<'a>(values: impl Iterator<Item = Option<&'a Value>>) -> Vec<Text> {
    values
        .filter_map(|value| match value {
            Some(Value::Literal(text)) => Some(Text::from(text.as_str())),
            _ => None,
        })
        .collect()
}

/// The point that a column of a row is, which has the type of this kind of key.
pub(super) fn read_point(row: &SpiHeapTupleData<'_>, column: usize, kind: Kind) -> Result<Point, Error> {
    let point = match kind {
        Kind::Date => row.get::<Date>(column)?.map(|day| match day.to_pg_epoch_days() {
            i32::MIN => Point::Past,
            i32::MAX => Point::Future,
            days => Point::At(i128::from(days) * DAY + TO_2000),
        }),
        Kind::Timestamp => row.get::<Timestamp>(column)?.map(|time| point_of(time.into_inner())),
        Kind::Instant => row.get::<TimestampWithTimeZone>(column)?.map(|time| point_of(time.into_inner())),
    };
    Ok(point.unwrap_or(Point::Future))
}

/// Where a series of partitions begins, by the wall clock.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start {
    Day(Date),
    Time(Timestamp),
}

/// Partitions of one length, one behind the other. All are counted from the start: chaining would drift from the end
/// of a month.
#[derive(Debug, Clone, Copy)]
pub(super) struct Series {
    pub(super) start: Start,
    pub(super) stride: Stride,
}

impl Series {
    /// The two parameters that the SQL below counts from and by.
    fn arguments(&self) -> [DatumWithOid<'static>; 2] {
        let start = match self.start {
            Start::Day(day) => day.into(),
            Start::Time(time) => time.into(),
        };
        [start, Text(self.stride.interval()).into()]
    }

    /// SQL of the wall clock so many strides after the start.
    fn wall(strides: &str) -> String {
        format!("$1 + ({strides}) * $2::interval")
    }

    /// SQL of the bound there. Days and months are those of the wall clock, hours are the same length on every day.
    fn bound(&self, kind: Kind, strides: &str) -> String {
        let wall = Self::wall(strides);
        match (kind, self.stride) {
            (Kind::Date, _) => format!("({wall})::date"),
            (Kind::Timestamp, _) => format!("({wall})::timestamp"),
            (Kind::Instant, Stride::Time(_)) => {
                format!("($1::timestamp AT TIME ZONE z.zone) + ({strides}) * $2::interval")
            }
            (Kind::Instant, _) => format!("({wall}) AT TIME ZONE z.zone"),
        }
    }
}

/// The first partition of a series in each of these zones, of which some are often the same.
pub(super) fn first_windows(
    kind: Kind,
    series: &Series,
    zones: &[&str],
    siblings: &[Sibling],
) -> Result<Vec<Window>, Error> {
    let mut distinct = zones.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let windows = windows(kind, series, 0..1, &distinct, siblings)?;
    Ok(zones.iter().filter_map(|zone| windows.iter().find(|window| window.zone == *zone).cloned()).collect())
}

/// These partitions of a series in each of these zones, by the server's own calendar. Zones matter to instants only.
pub(super) fn windows(
    kind: Kind,
    series: &Series,
    numbers: ops::Range<i32>,
    zones: &[&str],
    siblings: &[Sibling],
) -> Result<Vec<Window>, Error> {
    // Hours that the clock shows twice have two names in UTC.
    let clock = match (kind, series.stride) {
        (Kind::Instant, Stride::Time(_)) => "w.l AT TIME ZONE 'UTC'".to_owned(),
        _ => Series::wall("k"),
    };
    let fits = match kind {
        Kind::Instant => {
            "(SELECT coalesce(bool_and(date_trunc('day', e.v AT TIME ZONE z.zone) AT TIME ZONE z.zone = e.v), false)
                FROM unnest($4) AS e (v))"
        }
        _ => "false",
    };
    let edges: Vec<_> = siblings.iter().flat_map(|s| [s.range.lower.point, s.range.upper.point]).collect();
    let edges: Vec<TimestampWithTimeZone> = edges.into_iter().filter_map(instant).collect();
    let [start, interval] = series.arguments();
    spi::select_planned(
        &format!(
            "SELECT z.zone, w.l::text, w.u::text, w.l, w.u, w.p, w.n, {fits}, c.t::date - date '2000-01-01', c.t::time::text
               FROM unnest($3) WITH ORDINALITY AS z (zone, n)
              CROSS JOIN generate_series($5, $6) AS k
              CROSS JOIN LATERAL (SELECT {}, {}, {}, {}) AS w (l, u, p, n)
              CROSS JOIN LATERAL (SELECT {clock}) AS c (t)
              ORDER BY z.n, k",
            series.bound(kind, "k"),
            series.bound(kind, "k + 1"),
            series.bound(kind, "k - 1"),
            series.bound(kind, "k + 2"),
        ),
        &[
            start,
            interval,
            zones.iter().map(|z| Text::from(*z)).collect::<Vec<_>>().into(),
            edges.into(),
            numbers.start.into(),
            (numbers.end - 1).into(),
        ],
        |row| {
            let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
            let point = |n| read_point(row, n, kind);
            Ok(Window {
                zone: text(1)?,
                shown: Shown { lower: text(2)?, upper: text(3)? },
                range: Range { lower: Edge::before(point(4)?), upper: Edge::before(point(5)?) },
                previous: point(6)?,
                next: point(7)?,
                fits: row.get::<bool>(8)?.unwrap_or_default(),
                day: Day::from_epoch_days(row.get::<i32>(9)?.unwrap_or_default()),
                time: text(10)?,
            })
        },
    )
}

/// The bound of a time that the server says so.
pub(super) fn bound(key: &Key, point: Point, said: &str) -> Result<String, Error> {
    match (key.encoding, point) {
        (Encoding::Plain, _) => Ok(said.to_owned()),
        (encoding, Point::At(micros)) => encoding.bound(micros, said),
        _ => Err(Error::new(Code::DatetimeOverflow, format!("no key of encoding {} is {said}", key.encoding.word()))),
    }
}

/// Microseconds between 1970 and 2000, where the server's count begins.
const TO_2000: i128 = 946_684_800_000_000;

/// The point of the server's own count, with its infinities.
pub(super) fn point_of(from_2000: i64) -> Point {
    match from_2000 {
        i64::MIN => Point::Past,
        i64::MAX => Point::Future,
        micros => Point::At(i128::from(micros) + TO_2000),
    }
}

/// A point as the server's type, where that has it. Not near the ends of the calendar, where a zone may lead beyond.
pub(super) fn instant(point: Point) -> Option<TimestampWithTimeZone> {
    const NEAR: i128 = 2 * DAY;
    let Point::At(micros) = point else { return None };
    let from_2000 = i64::try_from(micros - TO_2000).ok()?;
    TimestampWithTimeZone::try_from(i64::try_from(i128::from(from_2000) + NEAR).ok()?).ok()?;
    TimestampWithTimeZone::try_from(i64::try_from(i128::from(from_2000) - NEAR).ok()?).ok()?;
    TimestampWithTimeZone::try_from(from_2000).ok()
}

/// A text as the server reads it in a zone.
///
/// # Errors
/// It is no time.
pub(super) fn time_in(text: &str, zone: &str) -> Result<Point, Error> {
    let zone = CString::new(crate::text::encode(zone)).unwrap_or_default();
    let _zone = spi::Settings::pin(&[(c"TimeZone", &zone)]);
    let rows =
        spi::select("SELECT $1::timestamptz", &[Text::from(text).into()], |row| read_point(row, 1, Kind::Instant))?;
    rows.into_iter().next().ok_or_else(|| Error::new(Code::Internal, "no answer about a time"))
}

/// Microseconds of UTC, now.
pub(super) fn now() -> Result<i128, Error> {
    let rows = spi::select_planned("SELECT clock_timestamp()", &[], |row| read_point(row, 1, Kind::Instant))?;
    match rows.first() {
        Some(Point::At(micros)) => Ok(*micros),
        _ => Err(Error::new(Code::Internal, "no answer about the time")),
    }
}

/// The first of the values that [`shown`] put together.
pub(super) fn first_shown(shown: &str) -> &str {
    shown.strip_prefix('(').and_then(|s| s.split_once(", ")).map_or(shown, |(first, _)| first)
}

/// The name of a partition to be, and who has it already.
#[derive(Debug)]
pub(super) struct Place {
    /// As stored.
    pub(super) name: String,
    /// Qualified and quoted.
    pub(super) identity: String,
    pub(super) occupant: Option<Occupant>,
}

impl Place {
    fn free(schema_quoted: &str, name: &str) -> Self {
        Self { name: name.to_owned(), identity: format!("{schema_quoted}.{}", quote(name)), occupant: None }
    }
}

/// Something that has a name already.
#[derive(Debug)]
pub(super) struct Occupant {
    pub(super) kind: &'static str,
    /// A plain table of no parent.
    pub(super) is_attachable: bool,
    /// Qualified and quoted, of a partition.
    pub(super) parent: Option<String>,
}

/// Looks a name up among relations and types, which share one space.
pub(super) fn place(schema: pg_sys::Oid, schema_quoted: &str, name: &str) -> Result<Place, Error> {
    let places = places(schema, schema_quoted, &[name])?;
    places.into_iter().next().ok_or_else(|| Error::new(Code::Internal, "no answer about a name"))
}

/// The same for many names, in their order.
pub(super) fn places(schema: pg_sys::Oid, schema_quoted: &str, names: &[&str]) -> Result<Vec<Place>, Error> {
    // Nearly always all are free, which the caches know that the server is about to ask as well.
    if names.iter().all(|name| live::is_free(schema, name)) {
        return Ok(names.iter().map(|name| Place::free(schema_quoted, name)).collect());
    }
    spi::select_planned(
        "SELECT o.kind, o.parent, w.name
           FROM unnest($2) WITH ORDINALITY AS w (name, n)
           LEFT JOIN LATERAL
                (SELECT c.relkind::text, (SELECT format('%I.%I', pn.nspname, p.relname)
                                            FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent
                                            JOIN pg_namespace pn ON pn.oid = p.relnamespace
                                           WHERE i.inhrelid = c.oid AND c.relispartition LIMIT 1)
                   FROM pg_class c WHERE c.relnamespace = $1 AND c.relname = w.name::name
                 UNION ALL
                 SELECT 'type', NULL
                   FROM pg_type t WHERE t.typnamespace = $1 AND t.typname = w.name::name AND t.typrelid = 0
                    AND NOT (t.typelem <> 0 AND t.typcategory = 'A')
                  LIMIT 1) AS o (kind, parent) ON true
          ORDER BY w.n",
        &[schema.into(), names.iter().map(|name| Text::from(*name)).collect::<Vec<_>>().into()],
        |row| {
            let text = |n| -> Result<Option<String>, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0)) };
            let parent = text(2)?;
            Ok(Place {
                occupant: text(1)?.map(|kind| Occupant {
                    kind: if kind == "type" { "type" } else { kind_name(&kind) },
                    is_attachable: kind == "r" && parent.is_none(),
                    parent,
                }),
                ..Place::free(schema_quoted, &text(3)?.unwrap_or_default())
            })
        },
    )
}

/// What a partition takes over from its newest sibling, as SQL.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) access_method: Option<String>,
    /// Storage parameters.
    pub(super) options: Option<String>,
    /// `None` without a sibling.
    pub(super) is_unlogged: Option<bool>,
}

/// Reads a sibling as a model.
pub(super) fn model(sibling: u32) -> Result<Model, Error> {
    let rows = spi::select_planned(
        "SELECT quote_ident(m.amname),
                concat_ws(', ',
                    (SELECT string_agg(format('%I=%L', o.option_name, o.option_value), ', ') FROM pg_options_to_table(c.reloptions) o),
                    (SELECT string_agg(format('toast.%I=%L', o.option_name, o.option_value), ', ') FROM pg_options_to_table(t.reloptions) o)),
                c.relpersistence = 'u'
           FROM pg_class c
           LEFT JOIN pg_am m ON m.oid = c.relam
           LEFT JOIN pg_class t ON t.oid = c.reltoastrelid
          WHERE c.oid = $1",
        &[pg_sys::Oid::from(sibling).into()],
        |row| {
            let text = |n| -> Result<Option<String>, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0)) };
            let options = text(2)?.filter(|options| !options.is_empty());
            Ok(Model { access_method: text(1)?, options, is_unlogged: row.get(3)? })
        },
    )?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// How many rows of the default are looked at before it is enough to know that there are many.
const ROWS_LOOKED_AT: i64 = 10_000;

/// A sentence about the rows of a range that lie in the default partition; `None` when there are none.
pub(super) fn rows_in_default(default: &str, key: &Key, shown: &Shown) -> Result<Option<String>, Error> {
    let condition = in_range(key, shown);
    let rows = spi::select(
        &format!(
            "SELECT count(*), min(k)::text, max(k)::text
               FROM (SELECT {} AS k FROM {default} WHERE {condition} LIMIT {}) AS found",
            key.comparable(),
            ROWS_LOOKED_AT + 1
        ),
        &[],
        |row| {
            let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
            Ok((row.get::<i64>(1)?.unwrap_or_default(), text(2)?, text(3)?))
        },
    )?;
    Ok(rows.into_iter().next().and_then(|(count, least, greatest)| match count {
        0 => None,
        1 => Some(format!("1 row, at {least}.")),
        ..=ROWS_LOOKED_AT => Some(format!("{count} rows, from {least} to {greatest}.")),
        _ => Some(format!("More than {ROWS_LOOKED_AT} rows, among them from {least} to {greatest}.")),
    }))
}

/// A condition for the rows of a range. Those with a NULL anywhere in the key belong to the default.
pub(super) fn in_range(key: &Key, shown: &Shown) -> String {
    let Key { column, further, .. } = key;
    let further: String = further.iter().fold(String::new(), |all, column| all + " AND " + column + " IS NOT NULL");
    match (shown.lower.as_str(), shown.upper.as_str()) {
        (MIN, MAX) => format!("{column} IS NOT NULL{further}"),
        (MIN, upper) => format!("{column} < {}{further}", literal(upper)),
        (lower, MAX) => format!("{column} >= {}{further}", literal(lower)),
        (lower, upper) => format!("{column} >= {} AND {column} < {}{further}", literal(lower), literal(upper)),
    }
}

/// The condition that the server makes of a range: for the rows of its partition, and against them in the default.
pub(super) fn belongs(key: &Key, shown: &Shown) -> String {
    format!("{} IS NOT NULL AND {}", key.column, in_range(key, shown))
}

/// The columns that an INSERT into the table can name, quoted.
pub(super) fn insertable_columns(table: pg_sys::Oid) -> Result<String, Error> {
    let rows = spi::select_planned(
        "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
          WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
        &[table.into()],
        |row| Ok(row.get::<Text>(1)?.map(|t| t.0).unwrap_or_default()),
    )?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

/// Why rows cannot be moved out of a default partition without more happening than that; `None` when they can.
pub(super) fn hindrance_to_move(default: &str) -> Result<Option<String>, Error> {
    let rows = spi::select_planned(
        "WITH held AS (SELECT relid AS oid FROM pg_partition_tree($1::regclass))
         SELECT CASE
           WHEN EXISTS (SELECT FROM held h JOIN pg_class c ON c.oid = h.oid WHERE c.relkind NOT IN ('r', 'p') OR c.relhasrules)
             THEN 'It is a foreign table or has rules.'
           WHEN EXISTS (SELECT FROM held h JOIN pg_constraint k ON k.confrelid = h.oid AND k.contype = 'f')
             THEN 'Foreign keys refer to it: deleting a row would be refused, or would delete what refers to it.'
           WHEN EXISTS (SELECT FROM held h JOIN pg_trigger t ON t.tgrelid = h.oid AND t.tgtype & 8 <> 0 AND NOT t.tgisinternal AND t.tgenabled <> 'D')
             THEN 'It has triggers that fire when a row is deleted.'
           WHEN EXISTS (SELECT FROM held h CROSS JOIN LATERAL pg_partition_ancestors(h.oid) AS a
                          JOIN pg_publication_rel r ON r.prrelid = a.relid)
             OR EXISTS (SELECT FROM pg_publication WHERE puballtables AND pubviaroot)
             OR EXISTS (SELECT FROM held h JOIN pg_class c ON c.oid = h.oid JOIN pg_publication_namespace s ON s.pnnspid = c.relnamespace)
             THEN 'It is published: subscribers would lose the rows, for the new table is not yet published while they go there.'
           END",
        &[Text::from(default).into()],
        |row| Ok(row.get::<Text>(1)?.map(|t| t.0)),
    )?;
    Ok(rows.into_iter().flatten().next())
}

/// How many partitions of a series reach from its start to this time, if that is not more than `most`.
pub(super) fn count(kind: Kind, series: &Series, end: Timestamp, zone: &str, most: i32) -> Result<Option<i32>, Error> {
    let end_bound = match kind {
        Kind::Instant => "$3::timestamp AT TIME ZONE z.zone",
        Kind::Date | Kind::Timestamp => "$3",
    };
    let [start, interval] = series.arguments();
    let rows = spi::select_planned(
        &format!(
            "SELECT s.k FROM (SELECT $4) AS z (zone) CROSS JOIN (SELECT generate_series(0, $5)) AS s (k)
              WHERE {} >= {end_bound} LIMIT 1",
            series.bound(kind, "s.k")
        ),
        &[start, interval, end.into(), Text::from(zone).into(), most.into()],
        |row| Ok(row.get::<i32>(1)?),
    )?;
    Ok(rows.into_iter().flatten().next())
}

/// The partition's own part of the parent's replica identity index, quoted.
pub(super) fn replica_identity_index(parent: pg_sys::Oid, partition: &str) -> Result<Option<String>, Error> {
    let rows = spi::select_planned(
        "SELECT quote_ident(c.relname)
           FROM pg_index p
           JOIN pg_inherits i ON i.inhparent = p.indexrelid
           JOIN pg_index x ON x.indexrelid = i.inhrelid AND x.indrelid = $2::regclass
           JOIN pg_class c ON c.oid = x.indexrelid
          WHERE p.indrelid = $1 AND p.indisreplident",
        &[parent.into(), Text::from(partition).into()],
        |row| Ok(row.get::<Text>(1)?.map(|t| t.0)),
    )?;
    Ok(rows.into_iter().flatten().next())
}

/// Whether a partition can begin on this day.
///
/// # Errors
/// Infinity, and dates before the common era.
pub(super) fn check_start(start: Date) -> Result<(), Error> {
    let refuse = |given: &str, detail: &str| {
        Err(Error::new(Code::DatetimeOverflow, format!("start_date cannot be {given}")).detail(detail))
    };
    if start.is_infinity() {
        return refuse("infinity", "A partition begins on a day.");
    }
    if start.is_neg_infinity() {
        return refuse("-infinity", "A partition begins on a day.");
    }
    let day = Day::from_epoch_days(start.to_pg_epoch_days());
    if day.is_bc() {
        return refuse(&day.to_string(), "Names of partitions have no place for an era.");
    }
    Ok(())
}
