//! Rules about partitioned tables: what a statement on the parent does to every partition.

use super::Rule;

mod attach_default_partition_scan;
mod attach_partition_builds_index;
mod attach_partition_scan;
mod concurrent_index_on_partitioned;
mod create_index_on_partitioned;
mod create_partition_of_lock;
mod detach_partition_not_concurrent;
mod drop_partition_lock;

pub(super) const RULES: &[&Rule] = &[
    &create_index_on_partitioned::RULE,
    &concurrent_index_on_partitioned::RULE,
    &attach_partition_scan::RULE,
    &attach_partition_builds_index::RULE,
    &attach_default_partition_scan::RULE,
    &create_partition_of_lock::RULE,
    &detach_partition_not_concurrent::RULE,
    &drop_partition_lock::RULE,
];
