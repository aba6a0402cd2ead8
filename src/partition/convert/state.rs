//! How far a conversion is: a row of a table of our own, and the constraint that stands for it.

use super::super::policy::Span;
use super::super::series;
use super::super::stride::Stride;
use crate::error::{Code, Error};
use crate::spi;
use crate::store::{self, Index, Key, Row, Table, Value, Writer};
use crate::text::Text;
use pgrx::prelude::*;

const BY_TABLE: Index = Index(c"partition_conversion_pkey", 1);

/// Columns that change.
const TABLE_NAME: usize = 0;
const PHASE: usize = 6;
const LAST_ERROR: usize = 9;
const COLUMNS: usize = 10;

/// A conversion that was begun.
#[derive(Debug)]
pub(super) struct State {
    pub(super) column: String,
    pub(super) stride: Stride,
    pub(super) zone: String,
    pub(super) cutoff: String,
    pub(super) is_done: bool,
    /// Whether the constraint is there and valid; `None` where somebody dropped it.
    pub(super) is_validated: Option<bool>,
}

pub(super) fn read(table: pg_sys::Oid) -> Result<Option<State>, Error> {
    let rows = store::rows(Table::PartitionConversion, Some((BY_TABLE, Key::Oid(table)))).map_err(locked)?;
    rows.first().map(|row| state(table, row)).transpose()
}

fn state(table: pg_sys::Oid, row: &Row) -> Result<State, Error> {
    let text = |n: usize| row.get(n).text().unwrap_or_default().to_owned();
    let Value::Interval { months, days, micros } = *row.get(2) else {
        return Err(Error::new(Code::Internal, "a conversion without an interval"));
    };
    let found = spi::select(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) $1 AND c.relkind OPERATOR(pg_catalog.=) 'p'),
                (SELECT k.convalidated FROM pg_catalog.pg_constraint AS k
                  WHERE k.conrelid OPERATOR(pg_catalog.=) $1 AND k.conname OPERATOR(pg_catalog.=) $2::pg_catalog.name)",
        &[table.into(), Text(text(5)).into()],
        |row| Ok((row.get::<bool>(1)?.unwrap_or_default(), row.get::<bool>(2)?)),
    )?;
    let (is_partitioned, is_validated) = found.into_iter().next().unwrap_or_default();
    Ok(State {
        column: text(1),
        stride: series::stride(Span { months, days, micros })?,
        zone: text(3),
        cutoff: text(4),
        is_done: text(PHASE) == "done" && is_partitioned,
        is_validated,
    })
}

/// Keeps that a conversion was begun, in the place of one that was given up.
pub(super) fn begin(
    table: pg_sys::Oid,
    column: &str,
    stride: Stride,
    zone: &str,
    cutoff: &str,
    constraint: &str,
) -> Result<(), Error> {
    let writer = writer()?;
    take_away(&writer, table)?;
    let Span { months, days, micros } = stride.into();
    writer.insert(vec![
        Value::Oid(table),
        column.into(),
        Value::Interval { months, days, micros },
        zone.into(),
        cutoff.into(),
        constraint.into(),
        "constrained".into(),
        Value::Time(store::now()),
        store::session_role().into(),
        Value::Null,
    ]);
    Ok(())
}

pub(super) fn validated(table: pg_sys::Oid) -> Result<(), Error> {
    change(table, &[(PHASE, "validated".into()), (LAST_ERROR, Value::Null)])
}

/// The table of this name is another one from now on.
pub(super) fn done(old: pg_sys::Oid, new: pg_sys::Oid) -> Result<(), Error> {
    change(old, &[(PHASE, "done".into()), (LAST_ERROR, Value::Null), (TABLE_NAME, Value::Oid(new))])
}

pub(super) fn failed(table: pg_sys::Oid, error: &str) -> Result<(), Error> {
    change(table, &[(LAST_ERROR, error.into())])
}

fn change(table: pg_sys::Oid, columns: &[(usize, Value)]) -> Result<(), Error> {
    let writer = writer()?;
    for row in take_away(&writer, table)? {
        let changed = |n: usize| columns.iter().find(|(column, _)| *column == n).map(|(_, value)| value);
        writer.insert((0..COLUMNS).map(|n| changed(n).unwrap_or_else(|| row.get(n)).clone()).collect());
    }
    Ok(())
}

/// Whoever converts a table holds it, so no row is fought for but where an error is kept.
fn take_away(writer: &Writer, table: pg_sys::Oid) -> Result<Vec<Row>, Error> {
    let rows = writer.rows(Some((BY_TABLE, Key::Oid(table))));
    if rows.iter().all(|row| writer.delete(row)) {
        return Ok(rows);
    }
    Err(Error::new(Code::NotInPrerequisiteState, "conversion of this table goes on in another session"))
}

fn writer() -> Result<Writer, Error> {
    Writer::in_passing(Table::PartitionConversion).map_err(locked)
}

fn locked(reason: String) -> Error {
    Error::new(Code::LockNotAvailable, reason)
}
