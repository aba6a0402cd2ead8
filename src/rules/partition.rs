//! Rules about partitioned tables: what a statement on the parent does to every partition, and what is wrong with those that exist.

use super::Rule;

mod attach_default_partition_scan;
mod attach_partition_builds_index;
mod attach_partition_scan;
mod concurrent_index_on_partitioned;
mod create_index_on_partitioned;
mod create_partition_of_lock;
mod default_partition_has_rows;
mod detach_partition_not_concurrent;
mod detach_pending;
mod drop_partition_lock;
mod partition_count_high;
mod partition_drift;
mod partition_gap;
mod partition_missing_next;
mod partition_rls_gap;
mod partition_skew;
mod partitioned_index_incomplete;
mod partitioned_never_analyzed;
mod should_partition;

pub(super) const RULES: &[&Rule] = &[
    &create_index_on_partitioned::RULE,
    &concurrent_index_on_partitioned::RULE,
    &attach_partition_scan::RULE,
    &attach_partition_builds_index::RULE,
    &attach_default_partition_scan::RULE,
    &create_partition_of_lock::RULE,
    &detach_partition_not_concurrent::RULE,
    &drop_partition_lock::RULE,
    &partition_missing_next::RULE,
    &partition_gap::RULE,
    &default_partition_has_rows::RULE,
    &partition_count_high::RULE,
    &partitioned_never_analyzed::RULE,
    &partition_rls_gap::RULE,
    &partitioned_index_incomplete::RULE,
    &detach_pending::RULE,
    &partition_drift::RULE,
    &partition_skew::RULE,
    &should_partition::RULE,
];
