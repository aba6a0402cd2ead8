//! The partitions of a table as the relation cache has them, in order: one look for what a query takes milliseconds to find.

use super::partitioned::Row;
use super::relcache::Entry;
use crate::server;
use pgrx::pg_sys::{self, Datum, Oid};

/// One bound of a partition, as the server keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RangeBound {
    /// `MINVALUE`.
    Below,
    /// `MAXVALUE`.
    Above,
    /// Since 2000.
    Day(i32),
    /// Microseconds since 2000.
    Time(i64),
}

/// The partitions of a table partitioned by RANGE over one column that is a date or time.
#[derive(Debug)]
pub(crate) struct RangePartitions {
    /// What its operator class is for.
    pub(crate) key_type: Oid,
    /// In order, each with whether a partition ends there.
    pub(crate) bounds: Vec<(RangeBound, bool)>,
    /// A DETACH CONCURRENTLY was begun and not finished.
    pub(crate) is_detaching: bool,
    pub(crate) has_default: bool,
}

/// The partitions of a table; `None` where it is of another kind, or cannot be opened at once.
pub(crate) fn range_partitions(table: Oid) -> Option<RangePartitions> {
    let key_type = key_type(table)?;
    let lock = pg_sys::AccessShareLock.cast_signed();
    // SAFETY: any OID may be asked for; the lock is given back below.
    if !unsafe { server::ConditionalLockRelationOid(table, lock) } {
        return None;
    }
    // SAFETY: an open and locked table of that kind.
    let found = Entry::of(table).and_then(|entry| unsafe { read(entry.as_ptr(), key_type) });
    // SAFETY: taken above.
    unsafe { server::UnlockRelationOid(table, lock) };
    found
}

/// The family of the three default classes of B-trees over times, as pg_opfamily.dat has it.
const DATETIME_OPS: Oid = Oid::from_u32(434);

/// What the key of a table partitioned by RANGE over one column holds. Operators of users could be asked for the order of any
/// other.
fn key_type(table: Oid) -> Option<Oid> {
    let row = Row::of(table)?;
    if row.strategy()? != 'r' || row.columns()? != 1 {
        return None;
    }
    let class = row.first_class()?;
    (class.family == DATETIME_OPS).then_some(class.compared_as)
}

/// # Safety
/// An open and locked table partitioned by RANGE over one column of that type.
unsafe fn read(relation: pg_sys::Relation, key_type: Oid) -> Option<RangePartitions> {
    // SAFETY: the descriptor lives as long as the relation is open; it has as many bounds as it says, and a partition or none below
    // each of them.
    unsafe {
        let descriptor = pg_sys::RelationGetPartitionDesc(relation, false);
        let is_detaching = (*descriptor).detached_exist;
        let info = (*descriptor).boundinfo;
        let has_default = !info.is_null() && (*info).default_index >= 0;
        // None where there is no partition.
        let count = if info.is_null() { 0 } else { usize::try_from((*info).ndatums).ok()? };
        let bounds = (0..count)
            .map(|i| {
                let bound = match *(*(*info).kind.add(i)) {
                    pg_sys::PartitionRangeDatumKind::PARTITION_RANGE_DATUM_MINVALUE => RangeBound::Below,
                    pg_sys::PartitionRangeDatumKind::PARTITION_RANGE_DATUM_MAXVALUE => RangeBound::Above,
                    _ => value(key_type, *(*(*info).datums.add(i))),
                };
                (bound, *(*info).indexes.add(i) >= 0)
            })
            .collect();
        Some(RangePartitions { key_type, bounds, is_detaching, has_default })
    }
}

/// A value as wide as a word, or narrower: the upper half of a date's means nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "as DatumGetDateADT and DatumGetTimestamp"
)]
fn value(key_type: Oid, value: Datum) -> RangeBound {
    if key_type == pg_sys::DATEOID {
        RangeBound::Day(value.value() as i32)
    } else {
        RangeBound::Time(value.value() as i64)
    }
}
