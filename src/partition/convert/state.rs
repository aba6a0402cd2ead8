//! How far a conversion is: a row of a table of our own, and the constraint that stands for it.

use super::super::plan::literal;
use super::super::series;
use super::super::stride::Stride;
use crate::error::{Code, Error};
use crate::spi;
use crate::text::Text;
use pgrx::prelude::*;

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

/// The role that owns the table of conversions: callers have no rights on it.
fn owner() -> Result<pg_sys::Oid, Error> {
    let owner = spi::select(
        "SELECT c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = 'warden_internal' AND c.relname = 'partition_conversion'",
        &[],
        |row| Ok(row.get::<pg_sys::Oid>(1)?),
    )?;
    owner.into_iter().flatten().next().ok_or_else(|| Error::new(Code::Internal, "table of conversions is missing"))
}

pub(super) fn read(table: pg_sys::Oid) -> Result<Option<State>, Error> {
    let rows = spi::select_as(
        owner()?,
        "SELECT p.column_name, p.partition_interval, p.time_zone, p.cutoff, p.phase = 'done' AND EXISTS (SELECT FROM pg_class c WHERE c.oid = p.table_name AND c.relkind = 'p'), k.convalidated
           FROM warden_internal.partition_conversion p
           LEFT JOIN pg_constraint k ON k.conrelid = p.table_name AND k.conname = p.constraint_name
          WHERE p.table_name::oid = $1",
        &[table.into()],
        |row| {
            let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
            let interval = row.get::<Interval>(2)?.ok_or_else(|| Error::new(Code::Internal, "no interval"))?;
            Ok(State {
                column: text(1)?,
                stride: series::stride(interval)?,
                zone: text(3)?,
                cutoff: text(4)?,
                is_done: row.get::<bool>(5)?.unwrap_or_default(),
                is_validated: row.get::<bool>(6)?,
            })
        },
    )?;
    Ok(rows.into_iter().next())
}

pub(super) fn begin(
    table: pg_sys::Oid,
    column: &str,
    stride: Stride,
    zone: &str,
    cutoff: &str,
    constraint: &str,
) -> Result<(), Error> {
    write(&format!(
        "INSERT INTO warden_internal.partition_conversion
             (table_name, column_name, partition_interval, time_zone, cutoff, constraint_name, phase, started_at, started_by)
         VALUES ({}, {}, '{}', {}, {}, {}, 'constrained', pg_catalog.clock_timestamp(), session_user)",
        table.to_u32(),
        literal(column),
        stride.interval(),
        literal(zone),
        literal(cutoff),
        literal(constraint)
    ))
}

pub(super) fn validated(table: pg_sys::Oid) -> Result<(), Error> {
    write(&format!(
        "UPDATE warden_internal.partition_conversion SET phase = 'validated', last_error = NULL WHERE table_name::oid = {}",
        table.to_u32()
    ))
}

/// The table of this name is another one from now on.
pub(super) fn done(old: pg_sys::Oid, new: pg_sys::Oid) -> Result<(), Error> {
    write(&format!(
        "UPDATE warden_internal.partition_conversion SET phase = 'done', last_error = NULL, table_name = {} WHERE table_name::oid = {}",
        new.to_u32(),
        old.to_u32()
    ))
}

pub(super) fn failed(table: pg_sys::Oid, error: &str) -> Result<(), Error> {
    write(&format!(
        "UPDATE warden_internal.partition_conversion SET last_error = {} WHERE table_name::oid = {}",
        literal(error),
        table.to_u32()
    ))
}

pub(super) fn forget(table: pg_sys::Oid) -> Result<(), Error> {
    write(&format!("DELETE FROM warden_internal.partition_conversion WHERE table_name::oid = {}", table.to_u32()))
}

fn write(sql: &str) -> Result<(), Error> {
    spi::run_as(owner()?, sql)
}
