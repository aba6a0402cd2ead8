//! Whether there is anything to do for a managed table, from the relation cache alone: what maintenance of many tables costs when
//! there is nothing to do.
#![forbid(unsafe_code)]

use super::key::Kind;
use super::policy::Policy;
use super::{calendar, detached};
use crate::facts::live::{self, RangeBound};
use pgrx::pg_sys::{self, Oid};

/// Ranges between bounds that follow each other.
struct Descriptor {
    /// In order; microseconds since 1970, or beyond every value.
    bounds: Vec<i128>,
    /// For each bound, whether a partition ends there.
    is_upper: Vec<bool>,
    is_detaching: bool,
    has_default: bool,
}

/// Whether nothing is to be done for a table: `false` where that cannot be told from the relation cache.
pub(super) fn is_idle(policy: &Policy, as_of: i64) -> bool {
    let Some((kind, there)) = descriptor(policy.table) else { return false };
    let now = calendar::mark_of_instant(kind, &policy.zone, as_of);
    let Ok(due) = policy.due(kind, &now) else { return false };
    let cutoff = policy.retention.map(|keep| policy.cutoff(kind, &now, keep).min(now.steady));
    !there.is_detaching
        && !detached::is_any()
        && (there.has_default || !policy.creates_default)
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

/// The kind of a table's key and its partitions, if they can be read at once.
fn descriptor(table: Oid) -> Option<(Kind, Descriptor)> {
    let found = live::range_partitions(table)?;
    let kind = match found.key_type {
        pg_sys::DATEOID => Kind::Date,
        pg_sys::TIMESTAMPOID => Kind::Timestamp,
        pg_sys::TIMESTAMPTZOID => Kind::Instant,
        _ => return None,
    };
    let bounds = found.bounds.iter().map(|(bound, _)| place(*bound)).collect();
    let is_upper = found.bounds.iter().map(|(_, ends_partition)| *ends_partition).collect();
    Some((kind, Descriptor { bounds, is_upper, is_detaching: found.is_detaching, has_default: found.has_default }))
}

/// A bound in microseconds since 1970.
fn place(bound: RangeBound) -> i128 {
    const DAY: i128 = 86_400_000_000;
    match bound {
        RangeBound::Below => i128::MIN,
        RangeBound::Above => i128::MAX,
        RangeBound::Day(i32::MIN) | RangeBound::Time(i64::MIN) => i128::MIN + 1,
        RangeBound::Day(i32::MAX) | RangeBound::Time(i64::MAX) => i128::MAX - 1,
        RangeBound::Day(days) => i128::from(days) * DAY + calendar::since_1970(0),
        RangeBound::Time(micros) => calendar::since_1970(micros),
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
            has_default: false,
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
        let all = Descriptor {
            bounds: vec![i128::MIN, i128::MAX],
            is_upper: vec![false, true],
            is_detaching: false,
            has_default: true,
        };
        assert!(!all.covers(10, 20));
    }
}
