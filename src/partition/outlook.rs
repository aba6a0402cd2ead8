//! Whether there is anything to do for a managed table, from the relation cache alone: what maintenance of many tables costs when
//! there is nothing to do.
//!
//! This module vouches for: the table is opened under a lock that was to be had at once, and closed in the same function (an error in
//! between ends in the transaction's abort); bounds are read as the server's partition descriptor keeps them, of a key that was found
//! to be one column of a type whose values are no pointers.
#![allow(unsafe_code, reason = "reads the partition descriptor; see the module's promise")]

use super::calendar;
use super::key::Kind;
use super::policy::Policy;
use core::ffi::c_int;
use pgrx::pg_sys::{self, Datum, Oid};

/// Ranges between bounds that follow each other.
struct Descriptor {
    /// In order; microseconds since 1970, or beyond every value.
    bounds: Vec<i128>,
    /// For each bound, whether a partition ends there.
    is_upper: Vec<bool>,
    is_detaching: bool,
}

/// Whether nothing is to be done for a table: `false` where that cannot be told from the relation cache.
pub(super) fn is_idle(policy: &Policy, as_of: i64) -> bool {
    if policy.check().is_err() {
        return false;
    }
    let Some(kind) = kind_of_key(policy.table) else { return false };
    let now = calendar::mark_of_instant(kind, &policy.zone, as_of);
    let Ok(due) = policy.due(kind, &now) else { return false };
    let Some(there) = descriptor(policy.table, kind) else { return false };
    let cutoff = policy.retention.map(|keep| policy.cutoff(kind, &now, keep).min(now.steady));
    !there.is_detaching
        && due.iter().all(|(_, lower, upper)| there.covers((*lower).max(now.steady), *upper))
        && cutoff.is_none_or(|cutoff| there.first_end().is_none_or(|end| end > cutoff))
}

impl Descriptor {
    /// Whether partitions hold all from one time to another, and none of them goes beyond.
    fn covers(&self, from: i128, to: i128) -> bool {
        // The first bound above a time is where the partition that holds it ends.
        let first = self.bounds.partition_point(|bound| *bound <= from);
        let Ok(last) = self.bounds.binary_search(&to) else { return false };
        first <= last && self.is_upper[first..=last].iter().all(|is_upper| *is_upper)
    }

    fn first_end(&self) -> Option<i128> {
        self.bounds.iter().zip(&self.is_upper).find(|(_, is_upper)| **is_upper).map(|(bound, _)| *bound)
    }
}

/// What the key of a table partitioned by RANGE over one column holds. Operators of users could be asked for the order of any
/// other.
fn kind_of_key(table: Oid) -> Option<Kind> {
    /// Columns of pg_partitioned_table, which pgrx does not bind.
    const STRATEGY: pg_sys::AttrNumber = 2;
    const COLUMNS: pg_sys::AttrNumber = 3;
    const CLASSES: pg_sys::AttrNumber = 6;
    let cache = c_int::try_from(pg_sys::SysCacheIdentifier::PARTRELID).unwrap_or(0);
    // SAFETY: the tuple is released; the columns are never null: a char, an int2 and an oidvector with a class for each column.
    let (strategy, columns, class) = unsafe {
        let tuple = pg_sys::SearchSysCache1(cache, table.into());
        if tuple.is_null() {
            return None;
        }
        let mut is_null = true;
        let mut column = |number| pg_sys::SysCacheGetAttr(cache, tuple, number, &raw mut is_null);
        let (strategy, columns, classes) = (column(STRATEGY), column(COLUMNS), column(CLASSES));
        let class = (*classes.cast_mut_ptr::<pg_sys::oidvector>()).values.as_slice(1)[0];
        pg_sys::ReleaseSysCache(tuple);
        (strategy.value() & 0xff, columns.value() & 0xffff, class)
    };
    if strategy != usize::from(b'r') || columns != 1 {
        return None;
    }
    // SAFETY: the server's answers about an operator class.
    let (family, of) = unsafe { (pg_sys::get_opclass_family(class), pg_sys::get_opclass_input_type(class)) };
    if family != DATETIME_OPS {
        return None;
    }
    match of {
        pg_sys::DATEOID => Some(Kind::Date),
        pg_sys::TIMESTAMPOID => Some(Kind::Timestamp),
        pg_sys::TIMESTAMPTZOID => Some(Kind::Instant),
        _ => None,
    }
}

/// The family of the three default classes of B-trees over times, as pg_opfamily.dat has it.
const DATETIME_OPS: Oid = Oid::from_u32(434);

/// The partitions of a table, if it can be opened at once.
fn descriptor(table: Oid, kind: Kind) -> Option<Descriptor> {
    let lock = pg_sys::AccessShareLock.cast_signed();
    // SAFETY: any OID may be asked for; the lock is given back below.
    unsafe {
        if !pg_sys::ConditionalLockRelationOid(table, lock) {
            return None;
        }
        let relation = pg_sys::RelationIdGetRelation(table);
        let found = if relation.is_null() {
            None
        } else {
            let found = read(relation, kind);
            pg_sys::RelationClose(relation);
            found
        };
        pg_sys::UnlockRelationOid(table, lock);
        found
    }
}

/// # Safety
/// An open and locked table partitioned by RANGE over one column of that kind.
unsafe fn read(relation: pg_sys::Relation, kind: Kind) -> Option<Descriptor> {
    // SAFETY: the descriptor lives as long as the relation is open; it has as many bounds as it says, and a partition or none below
    // each of them and above the last.
    unsafe {
        let descriptor = pg_sys::RelationGetPartitionDesc(relation, false);
        let is_detaching = (*descriptor).detached_exist;
        let info = (*descriptor).boundinfo;
        if info.is_null() {
            return Some(Descriptor { bounds: Vec::new(), is_upper: Vec::new(), is_detaching });
        }
        let count = usize::try_from((*info).ndatums).ok()?;
        let bounds = (0..count).map(|i| match *(*(*info).kind.add(i)) {
            pg_sys::PartitionRangeDatumKind::PARTITION_RANGE_DATUM_MINVALUE => i128::MIN,
            pg_sys::PartitionRangeDatumKind::PARTITION_RANGE_DATUM_MAXVALUE => i128::MAX,
            _ => place(kind, *(*(*info).datums.add(i))),
        });
        let is_upper = (0..count).map(|i| *(*info).indexes.add(i) >= 0);
        Some(Descriptor { bounds: bounds.collect(), is_upper: is_upper.collect(), is_detaching })
    }
}

/// A value of the key in microseconds since 1970.
fn place(kind: Kind, value: Datum) -> i128 {
    const DAY: i128 = 86_400_000_000;
    // Values as wide as a word or narrower: the upper half of a date's means nothing.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "as DatumGetDateADT and DatumGetTimestamp"
    )]
    let (days, micros) = (value.value() as i32, value.value() as i64);
    match kind {
        Kind::Date if days == i32::MIN => i128::MIN + 1,
        Kind::Date if days == i32::MAX => i128::MAX - 1,
        Kind::Date => i128::from(days) * DAY + calendar::since_1970(0),
        _ if micros == i64::MIN => i128::MIN + 1,
        _ if micros == i64::MAX => i128::MAX - 1,
        _ => calendar::since_1970(micros),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_covered_where_partitions_follow_each_other() {
        // [10, 20), [20, 30), a hole, [40, 50).
        let there = Descriptor {
            bounds: vec![10, 20, 30, 40, 50],
            is_upper: vec![false, true, true, false, true],
            is_detaching: false,
        };
        for (from, to, covered) in [
            (10, 20, true),
            (15, 20, true),
            (10, 30, true),
            (40, 50, true),
            (0, 20, false),
            (10, 25, false),
            (10, 40, false),
            (20, 50, false),
            (30, 40, false),
            (50, 60, false),
        ] {
            assert_eq!(there.covers(from, to), covered, "{from} {to}");
        }
        assert_eq!(there.first_end(), Some(20));
        let all = Descriptor { bounds: vec![i128::MIN, i128::MAX], is_upper: vec![false, true], is_detaching: false };
        assert!(!all.covers(10, 20));
    }
}
