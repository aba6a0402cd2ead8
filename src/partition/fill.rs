//! Partitions for the ranges between others that none holds.

use super::apply::{self, Caller, How, Remark, Situation};
use super::bounds::Tail;
use super::inspect::{self, Series, Start};
use super::plan::{Shown, Sibling, Wanted, Window, literal};
use super::range::{self, End, Moment};
use super::series::{self, Row};
use super::stride::Stride;
use super::{is_null, key, milliseconds, say};
use crate::error::{Code, Error};
use crate::text::Text;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Creates the partitions that are missing between others, and says of each what came of it.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.fill_partition_gaps(table_name pg_catalog.text)
    RETURNS TABLE (partition pg_catalog.text, lower_bound pg_catalog.text, upper_bound pg_catalog.text, status pg_catalog.text,
                   sqlstate pg_catalog.text, detail pg_catalog.text, lock_ms pg_catalog."numeric")
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.fill_partition_gaps(pg_catalog.text) IS
    'creates partitions for all ranges between others of table_name that none holds, as long as their neighbours, and returns what came of each';
REVOKE EXECUTE ON FUNCTION warden.fill_partition_gaps(pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
#[expect(clippy::type_complexity, reason = "the row type that pgrx asks for")]
fn fill_partition_gaps(
    table_name: Option<Text>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(partition, Option<Text>),
            name!(lower_bound, Text),
            name!(upper_bound, Text),
            name!(status, Text),
            name!(sqlstate, Option<Text>),
            name!(detail, Option<Text>),
            name!(lock_ms, Option<AnyNumeric>),
        ),
    >,
    ErrorReport,
> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    let (rows, remarks) = fill(&table)?;
    say(&remarks);
    Ok(TableIterator::new(rows.into_iter().map(|row| {
        let milliseconds = milliseconds(&row);
        (
            (!row.partition.is_empty()).then_some(Text(row.partition)),
            Text(row.lower),
            Text(row.upper),
            Text::from(row.status),
            row.sqlstate.map(Text),
            row.detail.map(Text),
            milliseconds,
        )
    })))
}

/// # Errors
/// As [`series::create`].
fn fill(table: &str) -> Result<(Vec<Row>, Vec<Remark>), Error> {
    let oid = key::resolve(table)?;
    let caller = Caller::now();
    let _pinned = caller.pin();
    let before = range::look(oid, None, &caller)?;
    if gaps(&before.siblings).is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    apply::within(&caller, &before.facts.parent, || {
        apply::lock(&before)?;
        let mut now = range::look(oid, None, &caller)?;
        apply::must_have_its_name(&before, &now)?;
        let siblings = now.siblings.clone();
        let mut rows = Vec::new();
        for (left, right) in gaps(&siblings) {
            match between(&now, left, right) {
                Ok(wanted) => rows.extend(series::rows(&mut now, &wanted, How::default())?),
                Err(error) => rows.push(not_filled(left, right, &error)),
            }
        }
        let remarks = series::missing(&now.facts.parent.name, &rows).into_iter().collect();
        Ok((rows, remarks))
    })
}

/// Pairs of partitions between which there is something that none holds. What is being detached takes no rows.
fn gaps(siblings: &[Sibling]) -> Vec<(&Sibling, &Sibling)> {
    let mut sorted: Vec<&Sibling> = siblings.iter().filter(|s| !s.is_detaching).collect();
    sorted.sort_by_key(|s| s.range.lower);
    sorted.windows(2).filter(|pair| pair[0].range.upper < pair[1].range.lower).map(|pair| (pair[0], pair[1])).collect()
}

fn not_filled(left: &Sibling, right: &Sibling, error: &Error) -> Row {
    Row {
        partition: String::new(),
        lower: left.shown.upper.clone(),
        upper: right.shown.lower.clone(),
        status: "blocked",
        sqlstate: Some(series::sqlstate(error.code().into())),
        detail: Some(error.said()),
        milliseconds: None,
    }
}

/// The gap between two partitions.
struct Gap {
    from: Moment,
    to: Moment,
}

/// The partitions that fill a gap: as long as the one before it, or else as the one behind, whichever fit in exactly;
/// where neither do, the last is shorter.
fn between(at: &Situation, left: &Sibling, right: &Sibling) -> Result<Vec<Wanted>, Error> {
    let gap = Gap {
        from: edge(at, left, left.range.upper.tail, &left.shown.upper)?,
        to: edge(at, right, right.range.lower.tail, &right.shown.lower)?,
    };
    let mut why = Vec::new();
    let mut fillings = Vec::new();
    for (sibling, is_before) in [(left, true), (right, false)] {
        match filling(at, &gap, sibling, is_before)? {
            Ok(filling) if filling.is_exact => return filling.wanted(at, &gap),
            Ok(filling) => fillings.push(filling),
            Err(reason) => why.push(reason),
        }
    }
    match fillings.first() {
        Some(filling) => filling.wanted(at, &gap),
        None => Err(Error::new(
            Code::InvalidParameter,
            format!("partitions of \"{}\" do not show how long those of a gap are to be", at.facts.parent.name),
        )
        .detail(why.join(" "))
        .hint(format!(
            "Say it: SELECT warden.create_range_partition({}, {}, {});",
            literal(&at.facts.parent.identity),
            literal(&left.shown.upper),
            literal(&right.shown.lower)
        ))),
    }
}

/// One end of a gap.
fn edge(at: &Situation, sibling: &Sibling, tail: Tail, shown: &str) -> Result<Moment, Error> {
    if tail != Tail::Least {
        return Err(Error::new(
            Code::NotSupported,
            format!("a gap of \"{}\" begins or ends among rows of one time", at.facts.parent.name),
        )
        .detail(format!("{} holds {}.", sibling.identity, sibling.shown))
        .hint("Create its partition by hand, with all columns of the key."));
    }
    range::moment("bound", inspect::first_shown(shown), at, &at.zone)
}

/// Partitions of one length over a gap.
struct Filling {
    stride: Stride,
    windows: Vec<Window>,
    is_exact: bool,
}

/// What a neighbour shows of the partitions in a gap, or why it shows nothing.
fn filling(at: &Situation, gap: &Gap, sibling: &Sibling, is_before: bool) -> Result<Result<Filling, String>, Error> {
    let is_whole = |tail: Tail| tail == Tail::Least;
    if !range::is_finite(sibling) || !is_whole(sibling.range.lower.tail) || !is_whole(sibling.range.upper.tail) {
        return Ok(Err(format!("{} has no length.", sibling.identity)));
    }
    let (lower, upper) = range::ends(at, sibling)?;
    let stride = range::stride(&lower, &upper);
    if let Some(why) = range::ambiguous(sibling, &lower, stride) {
        return Ok(Err(why));
    }
    // Counted from where the neighbour begins, away from it.
    let series = Series { start: Start::Time(lower.wall), stride };
    let other = if is_before { &gap.to } else { &gap.from };
    let count = range::strides_between(&lower, other, stride);
    if count.unsigned_abs() > series::MOST.unsigned_abs() {
        return Ok(Err(format!(
            "More than {} partitions as long as {} would be in it.",
            series::MOST,
            sibling.identity
        )));
    }
    let numbers = if is_before { 1..count + 2 } else { count - 1..0 };
    let mut windows = inspect::windows(at.key.kind, &series, numbers, &[&at.zone], &[])?;
    let (from, to) = (gap.from.point, gap.to.point);
    windows.retain(|w| w.range.upper.point > from && w.range.lower.point < to);
    let (Some(first), Some(last)) = (windows.first(), windows.last()) else {
        return Ok(Err(format!("{} is not as long as the clock says.", sibling.identity)));
    };
    let (begins, ends) = (first.range.lower.point == from, last.range.upper.point == to);
    if !(if is_before { begins } else { ends }) {
        return Ok(Err(format!("{} is not as long as the clock says.", sibling.identity)));
    }
    Ok(Ok(Filling { stride, is_exact: begins && ends, windows }))
}

impl Filling {
    /// The partitions, those at the ends of the gap cut to it.
    fn wanted(&self, at: &Situation, gap: &Gap) -> Result<Vec<Wanted>, Error> {
        self.windows
            .iter()
            .map(|window| {
                let is_cut = window.range.lower.point < gap.from.point || window.range.upper.point > gap.to.point;
                let mut wanted = if is_cut { cut(at, gap, window)? } else { at.wanted(window, self.stride)? };
                wanted.call = Some(range::call(at, &wanted));
                // What is beside it is filled by the same call, or said in a row.
                (wanted.previous, wanted.next) = (wanted.range.lower.point, wanted.range.upper.point);
                Ok(wanted)
            })
            .collect()
    }
}

/// A partition of a series, cut to the gap.
fn cut(at: &Situation, gap: &Gap, window: &Window) -> Result<Wanted, Error> {
    let end = |shown: &str, limit: &Moment, is_beyond: bool| -> Result<End, Error> {
        let mut moment = if is_beyond { limit.clone() } else { range::moment_at(shown, at)? };
        moment.shown = inspect::bound(&at.key, moment.point, &moment.shown)?;
        Ok(End::At(moment))
    };
    let Window { range, shown: Shown { lower, upper }, .. } = window;
    let from = end(lower, &gap.from, range.lower.point < gap.from.point)?;
    let to = end(upper, &gap.to, range.upper.point > gap.to.point)?;
    let name = at.name(&range::suffix(&from, &to)?);
    Ok(range::wanted(at, &from, &to, name))
}
