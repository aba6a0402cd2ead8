//! Splits a partition into shorter ones: each is split off in one transaction, so that a row is always in exactly one place.

use super::apply::{self, Caller, How, Situation};
use super::bounds::{Day, Edge, Point, Range};
use super::drain::{first, is_beyond, notice, rows, rule};
use super::inspect::{self, Series, Start};
use super::plan::{self, Method, Moved, Shown, Sibling, SiblingKind, Window, literal};
use super::steps::{SHORT, must_be_alone, patiently, pause};
use super::stride::Stride;
use super::{is_null, key, movable, range, say, series};
use crate::error::{Code, Error};
use crate::facts::live::object::quote;
use crate::spi::{self, transactions};
use crate::text::Text;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// The most partitions that one is split into.
const MOST: i32 = 1000;

/// Splits a partition into shorter ones.
#[pg_extern(
    sql = r#"
CREATE PROCEDURE warden.split_partition(partition_name pg_catalog.text, partition_interval pg_catalog."interval",
                                        batch_rows pg_catalog.int4 DEFAULT 10000, wait pg_catalog."interval" DEFAULT '0')
    LANGUAGE c AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON PROCEDURE warden.split_partition(pg_catalog.text, pg_catalog."interval", pg_catalog.int4, pg_catalog."interval") IS
    'splits partition_name into partitions that are partition_interval long, each in a transaction of its own that moves at most batch_rows rows';
REVOKE EXECUTE ON PROCEDURE warden.split_partition(pg_catalog.text, pg_catalog."interval", pg_catalog.int4, pg_catalog."interval") FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn split_partition(
    partition_name: Option<Text>,
    partition_interval: Option<Interval>,
    batch_rows: Option<i32>,
    wait: Option<Interval>,
    call: pg_sys::FunctionCallInfo,
) -> Result<(), ErrorReport> {
    let Text(partition) = partition_name.ok_or_else(|| is_null("partition_name"))?;
    let stride = series::stride(partition_interval.ok_or_else(|| is_null("partition_interval"))?)?;
    let batch_rows = batch_rows.ok_or_else(|| is_null("batch_rows"))?;
    if batch_rows < 1 {
        return Err(Error::new(Code::InvalidParameter, "batch_rows must be above zero").into());
    }
    let pause = pause(wait)?;
    if !transactions::may_commit(call) {
        return Err(must_be_alone("split_partition").into());
    }
    let partition = key::resolve(&partition)?;
    let split = Split { partition, parent: parent(partition)?, stride, batch_rows };
    transactions::begin_anew();
    let mut made = 0;
    while let Some(piece) = split.next(made)? {
        let done = patiently(None, |caller| split.off(&piece, caller));
        let now = if made == 0 { "Nothing was changed." } else { "What was split off before stays." };
        let (moved, identity, renamed) =
            done.map_err(|failed| failed.report("partition was not split", now, "Call again to go on."))?;
        made += 1;
        let window = &piece.window;
        say(&[notice(
            format!("moved {} of {} to {identity}", rows(moved), piece.from.identity),
            Some(format!("It holds {}.", window.shown)),
            renamed.map(|name| format!("What is left is {name} now.")),
        )]);
        transactions::next(pause);
    }
    if made == 0 {
        say(&[notice("there is nothing to split, skipping".to_owned(), None, None)]);
    }
    Ok(())
}

struct Split {
    partition: pg_sys::Oid,
    parent: pg_sys::Oid,
    stride: Stride,
    batch_rows: i32,
}

/// What is split off next.
struct Piece {
    from: Sibling,
    window: Window,
    /// What is left, and, where it is as long as the interval, which partition of the series it is.
    rest: (String, String),
    last: Option<Window>,
}

/// The table whose partition this is.
fn parent(partition: pg_sys::Oid) -> Result<pg_sys::Oid, Error> {
    let _path = spi::Settings::pin_search_path();
    let found = spi::select(
        "SELECT c.relname::text, CASE WHEN c.relispartition THEN i.inhparent END, pg_has_role(c.relowner, 'USAGE')
           FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid AND c.relispartition WHERE c.oid = $1",
        &[partition.into()],
        |row| {
            let name = row.get::<Text>(1)?.map(|t| t.0).unwrap_or_default();
            Ok((name, row.get::<pg_sys::Oid>(2)?, row.get::<bool>(3)?.unwrap_or_default()))
        },
    )?;
    match found.into_iter().next() {
        None => Err(key::dropped()),
        Some((name, None, _)) => Err(Error::new(Code::WrongObjectType, format!("\"{name}\" is not a partition"))),
        Some((name, _, false)) => {
            Err(Error::new(Code::InsufficientPrivilege, format!("must be owner of table {name}")))
        }
        Some((_, Some(parent), true)) => Ok(parent),
    }
}

impl Split {
    /// The table, and the partition among its others.
    fn look(&self, caller: &Caller) -> Result<(Situation, Sibling), Error> {
        let rule = rule(self.parent)?;
        let mut at = range::look_in(self.parent, None, rule.as_ref().map(|(_, zone)| zone.as_str()), caller)?;
        // Hours that a clock shows twice are told apart by this one only.
        if matches!(self.stride, Stride::Time(_)) {
            "UTC".clone_into(&mut at.zone);
        }
        let found = at.siblings.iter().find(|s| s.oid == self.partition.to_u32()).cloned();
        let from = found.ok_or_else(|| {
            Error::new(Code::NotSupported, "a default partition cannot be split, for it has no range")
                .hint(format!("CALL warden.drain_default_partition({});", literal(&at.facts.parent.identity)))
        })?;
        if from.is_detaching {
            return Err(Error::new(
                Code::NotInPrerequisiteState,
                format!("partition \"{}\" of \"{}\" is still being detached", from.name, at.facts.parent.name),
            ));
        }
        if from.kind != SiblingKind::Table {
            return Err(Error::new(Code::NotSupported, format!("partition \"{}\" is no plain table", from.name)));
        }
        Ok((at, from))
    }

    /// What to split off now, read without a lock that others would notice; `None` when all is done.
    fn next(&self, made: i32) -> Result<Option<Piece>, Error> {
        let caller = Caller::now();
        let _pinned = caller.pin();
        let _all_rows = spi::Settings::pin(&[(c"row_security", c"off")]);
        let (at, from) = self.look(&caller)?;
        series::check_stride(&at.key, self.stride)?;
        let Some(piece) = self.piece(&at, from, made)? else { return Ok(None) };
        hindrance(&at, &piece.from)?;
        let condition = inspect::in_range(&at.key, &piece.window.shown);
        let found = spi::select(
            &format!(
                "SELECT count(*) FROM (SELECT FROM {} WHERE {condition} LIMIT {}) AS found",
                piece.from.identity,
                i64::from(self.batch_rows) + 1
            ),
            &[],
            |row| Ok(row.get::<i64>(1)?.unwrap_or_default()),
        )?;
        if found.first().is_some_and(|count| *count > i64::from(self.batch_rows)) {
            return Err(Error::new(
                Code::InvalidParameter,
                format!("{} of partition \"{}\" has more rows than batch_rows", piece.window.shown, piece.from.name),
            )
            .detail(format!(
                "That is {}. A range is moved in one transaction, while nobody reads or writes the table.",
                self.batch_rows
            ))
            .hint("Call again with larger batch_rows, when nobody needs the table."));
        }
        Ok(Some(piece))
    }

    fn piece(&self, at: &Situation, from: Sibling, made: i32) -> Result<Option<Piece>, Error> {
        let plain = Range { lower: Edge::before(from.range.lower.point), upper: Edge::before(from.range.upper.point) };
        let cannot = |why: &str| {
            Err(Error::new(Code::NotSupported, format!("partition \"{}\" cannot be split", from.name)).detail(why))
        };
        if from.range != plain {
            return cannot("Its bounds part rows of one time.");
        }
        match (from.range.lower.point, from.range.upper.point) {
            (Point::At(_), Point::At(_)) => self.last_of(at, from),
            (Point::Below, Point::At(_)) => {
                let end = range::wall_of(at, &from.shown.upper)?;
                self.check_day(end.1)?;
                let Some(least) = outermost(at, &from, "ASC")? else { return Ok(None) };
                let least = range::wall_of(at, &least)?.0;
                self.check_count(at, least, end.0, made)?;
                let window = match self.window(at, end.0, -1)? {
                    // A day that a zone has left out holds nothing.
                    Some(window) if window.range.lower == window.range.upper => self.window(at, end.0, -2)?,
                    window => window,
                };
                let Some(window) = window else { return Ok(None) };
                must_touch(window.range.upper == from.range.upper)?;
                let rest = (from.shown.lower.clone(), window.shown.lower.clone());
                Ok(Some(Piece { from, window, rest, last: None }))
            }
            (Point::At(_), Point::Above) => {
                let start = range::wall_of(at, &from.shown.lower)?;
                self.check_day(start.1)?;
                let Some(greatest) = outermost(at, &from, "DESC")? else { return Ok(None) };
                let greatest = range::wall_of(at, &greatest)?.0;
                self.check_count(at, start.0, greatest, made)?;
                let Some(window) = self.window(at, start.0, 0)? else { return Ok(None) };
                must_touch(window.range.lower == from.range.lower)?;
                let rest = (window.shown.upper.clone(), from.shown.upper.clone());
                Ok(Some(Piece { from, window, rest, last: None }))
            }
            _ => cannot("It has no end from which ranges could be counted."),
        }
    }

    /// The last range of a partition with two ends. The first one is what is left in the end.
    fn last_of(&self, at: &Situation, from: Sibling) -> Result<Option<Piece>, Error> {
        let (start, end) = (range::wall_of(at, &from.shown.lower)?.0, range::wall_of(at, &from.shown.upper)?.0);
        let series = Series { start: Start::Time(start), stride: self.stride };
        let Some(count) = inspect::count(at.key.kind, &series, end, &at.zone, MOST)? else {
            return Err(too_many());
        };
        let uneven = |last: &str| {
            Error::new(
                Code::InvalidParameter,
                format!("partition \"{}\" is not a whole number of intervals long", from.name),
            )
            .detail(format!("It holds {}; the last one would be {last}.", from.shown))
        };
        let window = self.window(at, start, count - 1)?.ok_or_else(|| uneven("beyond all keys"))?;
        if window.range.upper != from.range.upper {
            return Err(uneven(&window.shown.to_string()));
        }
        if count < 2 {
            return Ok(None);
        }
        let last = if count == 2 { self.window(at, start, 0)? } else { None };
        let rest = (from.shown.lower.clone(), window.shown.lower.clone());
        Ok(Some(Piece { from, window, rest, last }))
    }

    /// A range, with bounds as the key has them; `None` where that has none, for they are beyond all keys.
    fn window(&self, at: &Situation, start: Timestamp, number: i32) -> Result<Option<Window>, Error> {
        let series = Series { start: Start::Time(start), stride: self.stride };
        let windows = inspect::windows(at.key.kind, &series, number..number + 1, &[&at.zone], &[])?;
        let mut window =
            windows.into_iter().next().ok_or_else(|| Error::new(Code::Internal, "no answer about a range"))?;
        if window.day.is_bc() {
            return Err(Error::new(Code::DatetimeOverflow, format!("no partition begins on {}", window.day))
                .detail("Names of partitions have no place for an era."));
        }
        let bound = |edge: Edge, shown: &str| inspect::bound(&at.key, edge.point, shown);
        let (lower, upper) =
            (bound(window.range.lower, &window.shown.lower), bound(window.range.upper, &window.shown.upper));
        match (lower, upper) {
            (Err(error), _) | (_, Err(error)) if is_beyond(&error) => Ok(None),
            (lower, upper) => {
                window.shown = Shown { lower: lower?, upper: upper? };
                Ok(Some(window))
            }
        }
    }

    /// Counted from one bound to the next, months would drift away from their last days.
    fn check_day(&self, day: Day) -> Result<(), Error> {
        if matches!(self.stride, Stride::Months(_)) && day.of_month > 28 {
            return Err(Error::new(Code::InvalidParameter, "months cannot be counted from the end of a month"));
        }
        Ok(())
    }

    fn check_count(&self, at: &Situation, start: Timestamp, end: Timestamp, made: i32) -> Result<(), Error> {
        let series = Series { start: Start::Time(start), stride: self.stride };
        if made == 0 && inspect::count(at.key.kind, &series, end, &at.zone, MOST)?.is_none() {
            return Err(too_many());
        }
        Ok(())
    }

    /// Splits it off. Returns how many rows moved, the new partition, and the new name of the rest.
    fn off(&self, piece: &Piece, caller: &Caller) -> Result<(i64, String, Option<String>), Error> {
        let (before, _) = self.look(caller)?;
        let parent = &before.facts.parent.identity;
        spi::run(&format!("LOCK TABLE ONLY {parent} IN ACCESS EXCLUSIVE MODE"))?;
        // Others wait from here on.
        let hasty = Caller::now().with_patience(Some(SHORT.min(caller.patience())));
        let _short = hasty.pin();
        let (mut at, from) = self.look(caller)?;
        apply::must_have_its_name(&before, &at)?;
        if from.range != piece.from.range || from.identity != piece.from.identity {
            return Err(Error::new(
                Code::NotInPrerequisiteState,
                format!("partition \"{}\" is another meanwhile", piece.from.name),
            ));
        }
        hindrance(&at, &from)?;
        spi::run(&format!("ALTER TABLE {parent} DETACH PARTITION {}", from.identity))?;
        at.siblings.retain(|s| s.oid != from.oid);
        let wanted = at.wanted(&piece.window, self.stride)?;
        plan::decide(&at.facts.parent, &wanted, &at.siblings)?;
        let how = How { method: Some(Method::Attach), moves_rows: false };
        let mut child = apply::prepare(&at, &wanted, Some(&from), how)?;
        child.moved = Some(Moved {
            default: from.identity.clone(),
            condition: inspect::in_range(&at.key, &wanted.shown),
            columns: inspect::insertable_columns(at.oid)?,
            holds_parent: false,
        });
        let moved = i64::try_from(apply::create(&at, &child)?).unwrap_or(i64::MAX);
        let bound = |shown: &str| apply::bound(shown, at.facts.columns);
        spi::run(&format!(
            "ALTER TABLE {parent} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})",
            from.identity,
            bound(&piece.rest.0),
            bound(&piece.rest.1)
        ))?;
        Ok((moved, child.identity, self.rename(&at, &from, piece)?))
    }

    /// What is left as long as the others gets a name like theirs, where that is free.
    fn rename(&self, at: &Situation, from: &Sibling, piece: &Piece) -> Result<Option<String>, Error> {
        let Some(last) = &piece.last else { return Ok(None) };
        let wanted = at.wanted(last, self.stride)?;
        let place = inspect::place(at.facts.schema_oid, &at.facts.schema_quoted, &wanted.name)?;
        if !from.schema_is_parents || place.occupant.is_some() {
            return Ok(None);
        }
        let name = quote(&wanted.name);
        spi::run(&format!("ALTER TABLE {} RENAME TO {name}", from.identity))?;
        Ok(Some(place.identity))
    }
}

/// An hour that the clock shows twice has one name only.
fn must_touch(touches: bool) -> Result<(), Error> {
    if touches {
        return Ok(());
    }
    Err(Error::new(Code::InvalidParameter, "bound of the partition has no time of its own by the clock of its zone"))
}

fn too_many() -> Error {
    Error::new(Code::InvalidParameter, format!("more than {MOST} partitions"))
        .hint("Choose a longer partition_interval.")
}

/// The first or last time in a partition that a range can hold.
fn outermost(at: &Situation, from: &Sibling, order: &str) -> Result<Option<String>, Error> {
    first(&at.key.column, &format!("{} WHERE {}", from.identity, movable::condition(&at.key)), order)
}

/// Refuses where more would happen than that rows move.
fn hindrance(at: &Situation, from: &Sibling) -> Result<(), Error> {
    let mut hindrance = inspect::hindrance_to_move(&from.identity)?;
    let views = spi::select(
        "SELECT DISTINCT r.ev_class::regclass::text FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
          WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND r.ev_class <> $1 LIMIT 1",
        &[pg_sys::Oid::from(from.oid).into()],
        |row| Ok(row.get::<Text>(1)?.map(|t| t.0).unwrap_or_default()),
    )?;
    if let Some(view) = views.first() {
        hindrance.get_or_insert(format!("{view} reads it, and would find a part of its rows."));
    }
    hindrance.map_or(Ok(()), |hindrance| {
        Err(Error::new(
            Code::NotSupported,
            format!("partition \"{}\" of \"{}\" cannot be split", from.name, at.facts.parent.name),
        )
        .detail(hindrance))
    })
}
