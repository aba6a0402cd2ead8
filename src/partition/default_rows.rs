//! What lies in the default partition, by the ranges that its rows would have partitions for.

use super::apply::{self, Caller, Situation};
use super::bounds::{Edge, Meeting, Point, Range};
use super::encoding::{Encoding, Number};
use super::inspect::{self, Series, Start};
use super::is_null;
use super::key::{self, Kind};
use super::plan::{MAX, MIN, Shown, Sibling, Window};
use super::range::{self, Moment};
use super::stride::{MONTH, Stride};
use crate::error::{Code, Error};
use crate::spi;
use crate::text::Text;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::ops;

/// How many partitions before and behind the newest one rows are told apart for; what lies farther off is counted together.
const REACH: i32 = 10_000;

/// As many years, where these are fewer.
const YEARS: i32 = 4_000;

/// Pages of a default partition from which its rows are estimated.
const SAMPLED_PAGES: i64 = 1_000;

/// Rows of the default partition of a table, counted by the ranges that partitions of the table have.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.default_partition_rows(table_name pg_catalog.text, exact pg_catalog.bool DEFAULT false)
    RETURNS TABLE (lower_bound pg_catalog.text, upper_bound pg_catalog.text, partition_exists pg_catalog.bool, row_count pg_catalog.int8)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.default_partition_rows(pg_catalog.text, pg_catalog.bool) IS
    'how many rows of each range lie in the default partition of table_name: an estimate from some pages, or exact from all of them';
REVOKE EXECUTE ON FUNCTION warden.default_partition_rows(pg_catalog.text, pg_catalog.bool) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
#[expect(clippy::type_complexity, reason = "the row type that pgrx asks for")]
fn default_partition_rows(
    table_name: Option<Text>,
    exact: Option<bool>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(lower_bound, Option<Text>),
            name!(upper_bound, Option<Text>),
            name!(partition_exists, bool),
            name!(row_count, i64),
        ),
    >,
    ErrorReport,
> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    let exact = exact.ok_or_else(|| is_null("exact"))?;
    let classes = count(&table, exact)?;
    Ok(TableIterator::new(
        classes.into_iter().map(|class| (class.lower.map(Text), class.upper.map(Text), class.exists, class.rows)),
    ))
}

/// Rows that are counted together.
#[derive(Debug)]
struct Class {
    lower: Option<String>,
    upper: Option<String>,
    exists: bool,
    rows: i64,
}

/// # Errors
/// The table or its key is another, or the caller may not read the default partition.
fn count(table: &str, exact: bool) -> Result<Vec<Class>, Error> {
    let oid = key::resolve(table)?;
    let caller = Caller::now();
    let _pinned = caller.pin();
    let at = apply::look_only(oid, &range::any_series()?, &caller)?;
    let Some((name, default)) = &at.facts.default else { return Ok(Vec::new()) };
    let source = if exact { Source { from: default.clone(), share: 1.0 } } else { sample(&at, name, default)? };
    let Some(extent) = extent(&at, &source)? else { return Ok(counted(&at, &source, &[])?.others) };
    let mut windows = windows(&at, &extent)?;
    // Times that no key is of have no rows.
    windows.retain_mut(|window| shown(&at, window).map(|shown| window.shown = shown).is_some());
    let thresholds: Vec<String> =
        windows.iter().map(|w| &w.shown.lower).chain(windows.last().map(|w| &w.shown.upper)).cloned().collect();
    let Counted { others: mut classes, buckets } = counted(&at, &source, &thresholds)?;
    let finite = buckets.into_iter().map(|(bucket, rows)| class(&at, &windows, bucket, rows));
    // In the order of the key: -infinity, ranges, infinity; NULL is last.
    let split = classes.iter().take_while(|class| class.lower.as_deref().is_some_and(|l| l.starts_with('-'))).count();
    classes.splice(split..split, finite);
    Ok(classes)
}

/// Where rows are read from, and how large a share of all that is.
struct Source {
    from: String,
    share: f64,
}

fn sample(at: &Situation, name: &str, default: &str) -> Result<Source, Error> {
    let rows = spi::select(
        "SELECT bool_or(c.relkind = 'f'),
                sum(CASE WHEN t.isleaf AND c.relkind = 'r' THEN pg_relation_size(c.oid) ELSE 0 END / current_setting('block_size')::int8)::int8
           FROM pg_partition_tree($1::regclass) AS t JOIN pg_class AS c ON c.oid = t.relid",
        &[Text::from(default).into()],
        |row| Ok((row.get::<bool>(1)?.unwrap_or_default(), row.get::<i64>(2)?.unwrap_or_default())),
    )?;
    let (is_foreign, pages) = rows.into_iter().next().unwrap_or_default();
    if is_foreign {
        return Err(Error::new(
            Code::NotSupported,
            format!("rows of default partition \"{name}\" of \"{}\" cannot be estimated", at.facts.parent.name),
        )
        .detail("It is a foreign table, or has some below it.")
        .hint("Have them counted: exact => true."));
    }
    if pages <= SAMPLED_PAGES {
        return Ok(Source { from: default.to_owned(), share: 1.0 });
    }
    #[expect(clippy::cast_precision_loss, reason = "numbers of pages")]
    let share = SAMPLED_PAGES as f64 / pages as f64;
    // The same pages for each of the queries.
    Ok(Source { from: format!("{default} TABLESAMPLE SYSTEM ({}) REPEATABLE (0)", share * 100.0), share })
}

/// SQL of the key's first column, in its type without domains; of NULL where any column of the key is.
fn value(at: &Situation) -> String {
    let (key, type_name) = (&at.key, value_type(at));
    let mut value = format!("({})::{type_name}", key.column);
    if !key.further.is_empty() {
        let all = key.further.iter().map(|column| format!("{column} IS NOT NULL")).collect::<Vec<_>>().join(" AND ");
        value = format!("CASE WHEN {all} THEN {value} END");
    }
    key.collation.as_ref().map_or(value.clone(), |collation| format!("({value}) COLLATE {collation}"))
}

/// SQL of a text for values that no range has an end for, else NULL.
fn special(at: &Situation, value: &str) -> String {
    match at.key.encoding {
        Encoding::Plain => format!("CASE WHEN NOT isfinite({value}) THEN ({value})::text END"),
        Encoding::Epoch(_, Number::Numeric) => {
            format!("CASE WHEN {value} IN ('NaN', 'Infinity', '-Infinity') THEN lower(({value})::text) END")
        }
        _ => "NULL::text".to_owned(),
    }
}

/// Between which times rows lie; `None` for a key that is none of the calendar's.
struct Extent {
    least: Option<Moment>,
    greatest: Option<Moment>,
}

/// The least and the greatest time in the default; `None` where no row has one.
fn extent(at: &Situation, source: &Source) -> Result<Option<Extent>, Error> {
    let (value, from) = (value(at), &source.from);
    let comparable = match (at.key.encoding, at.key.kind) {
        (Encoding::Uuidv7, _) => "k::text COLLATE \"C\"",
        // Days go farther than times do.
        (Encoding::Plain, Kind::Date) => "least(k, date '294276-12-30')",
        _ => "k",
    };
    let rows = spi::select(
        &format!(
            "SELECT min({comparable})::text, max({comparable})::text
               FROM (SELECT {value} AS k FROM {from}) AS x WHERE k IS NOT NULL AND {} IS NULL",
            special(at, "k")
        ),
        &[],
        |row| Ok(row.get::<Text>(1)?.zip(row.get::<Text>(2)?)),
    )?;
    let Some((Text(least), Text(greatest))) = rows.into_iter().flatten().next() else { return Ok(None) };
    Ok(Some(Extent { least: time(at, &least)?, greatest: time(at, &greatest)? }))
}

/// The time of a key, where the calendar has it.
fn time(at: &Situation, text: &str) -> Result<Option<Moment>, Error> {
    if at.key.encoding != Encoding::Plain
        && at.key.encoding.read(text).and_then(|edge| inspect::instant(edge.point)).is_none()
    {
        return Ok(None);
    }
    range::moment("key", text, at, &at.zone).map(Some)
}

/// Ranges as long as the newest partition, or months, over all times between two.
fn windows(at: &Situation, extent: &Extent) -> Result<Vec<Window>, Error> {
    let (start, stride) = model(at)?;
    let series = Series { start: Start::Time(start.wall), stride };
    // Not to the ends of the calendar.
    let reach = match stride {
        Stride::Months(n) => REACH.min(YEARS * 12 / n),
        Stride::Days(n) => REACH.min(YEARS * 365 / n),
        Stride::Time(_) => REACH,
    };
    let number = |moment: &Moment| range::strides_between(&start, moment, stride).clamp(-reach, reach);
    let from = extent.least.as_ref().map_or(-reach, |moment| number(moment) - 1);
    let to = extent.greatest.as_ref().map_or(reach, |moment| number(moment) + 2);
    let numbers: ops::Range<i32> = from..to;
    inspect::windows(at.key.kind, &series, numbers, &[&at.zone], &[])
}

/// Where a range begins, and how long they are.
fn model(at: &Situation) -> Result<(Moment, Stride), Error> {
    let is_model = |s: &&Sibling| !s.is_detaching && range::is_finite(s);
    match at.siblings.iter().filter(is_model).max_by_key(|s| s.range.lower) {
        Some(sibling) => {
            let (lower, upper) = range::ends(at, sibling)?;
            let stride = range::stride(&lower, &upper);
            Ok((lower, stride))
        }
        None => Ok((range::moment_at("2000-01-01", at)?, MONTH)),
    }
}

/// The bounds of a range as the key has them; `None` where it has none.
fn shown(at: &Situation, window: &Window) -> Option<Shown> {
    let bound = |point, shown: &str| inspect::bound(&at.key, point, shown).ok();
    let lower = bound(window.range.lower.point, &window.shown.lower)?;
    Some(Shown { lower, upper: bound(window.range.upper.point, &window.shown.upper)? })
}

/// Infinities and NULL, and the number of rows of each bucket between thresholds.
struct Counted {
    others: Vec<Class>,
    buckets: Vec<(usize, i64)>,
}

fn counted(at: &Situation, source: &Source, thresholds: &[String]) -> Result<Counted, Error> {
    let (value, from) = (value(at), &source.from);
    let type_name = value_type(at);
    let rows = spi::select(
        &format!(
            "SELECT s, b, count(*)
               FROM (SELECT {} AS s, CASE WHEN {} IS NULL THEN width_bucket({value}, $1::{type_name}[]) END AS b FROM {from}) AS x
              GROUP BY s, b
              ORDER BY s IS NULL DESC, s <> '-infinity', s, b",
            special(at, &value),
            special(at, &value),
        ),
        &[thresholds.iter().map(|t| Text::from(t.as_str())).collect::<Vec<_>>().into()],
        |row| Ok((row.get::<Text>(1)?.map(|t| t.0), row.get::<i32>(2)?, row.get::<i64>(3)?.unwrap_or_default())),
    )?;
    let (mut others, mut nulls, mut buckets) = (Vec::new(), Vec::new(), Vec::new());
    for (special, bucket, rows) in rows {
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "an estimate")]
        let rows = if source.share < 1.0 { (rows as f64 / source.share).round() as i64 } else { rows };
        match (special, bucket) {
            (Some(special), _) => {
                others.push(Class { lower: Some(special.clone()), upper: Some(special), exists: false, rows });
            }
            (None, Some(bucket)) => buckets.push((usize::try_from(bucket).unwrap_or_default(), rows)),
            (None, None) => nulls.push(Class { lower: None, upper: None, exists: false, rows }),
        }
    }
    others.append(&mut nulls);
    Ok(Counted { others, buckets })
}

fn value_type(at: &Situation) -> &'static str {
    match at.key.encoding {
        Encoding::Plain => at.key.kind.type_name(),
        Encoding::Epoch(_, Number::Integer) => "int4",
        Encoding::Epoch(_, Number::Bigint) => "int8",
        Encoding::Epoch(_, Number::Numeric) => "numeric",
        Encoding::Uuidv7 => "uuid",
        Encoding::Iso | Encoding::Ulid | Encoding::Ksuid => "text",
    }
}

/// The rows between two thresholds, or beyond the first or the last.
fn class(at: &Situation, windows: &[Window], bucket: usize, rows: i64) -> Class {
    let window = bucket.checked_sub(1).and_then(|n| windows.get(n));
    let (below, above) =
        (windows.first().filter(|_| bucket == 0), windows.last().filter(|_| window.is_none() && bucket > 0));
    let range = Range {
        lower: window.map(|w| w.range.lower).or(above.map(|w| w.range.upper)).unwrap_or(Edge::before(Point::Below)),
        upper: window.map(|w| w.range.upper).or(below.map(|w| w.range.lower)).unwrap_or(Edge::before(Point::Above)),
    };
    let lower = window.map(|w| w.shown.lower.as_str()).or(above.map(|w| w.shown.upper.as_str()));
    let upper = window.map(|w| w.shown.upper.as_str()).or(below.map(|w| w.shown.lower.as_str()));
    Class {
        lower: Some(lower.unwrap_or(MIN).to_owned()),
        upper: Some(upper.unwrap_or(MAX).to_owned()),
        exists: at.siblings.iter().any(|s| range.meets(&s.range) != Meeting::Apart),
        rows,
    }
}
