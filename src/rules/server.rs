//! Rules about settings, and the state of the server.

use super::Rule;

mod archive_failing;
mod autovacuum_off;
mod autovacuum_scale_large_table;
mod autovacuum_table_off;
mod data_checksums_off;
mod extension_outdated;
mod fsync_off;
mod full_page_writes_off;
mod logging_gaps;
mod memory_defaults;
mod planner_method_disabled;
mod replication_slot_inactive;
mod restart_pending;
mod setting_invalid;
mod synchronous_commit_off;
mod timeouts_unset;
mod track_io_timing_off;
mod wal_archiving_off;
mod wraparound_xid;

pub(super) const RULES: &[&Rule] = &[
    &archive_failing::RULE,
    &autovacuum_off::RULE,
    &autovacuum_scale_large_table::RULE,
    &autovacuum_table_off::RULE,
    &data_checksums_off::RULE,
    &extension_outdated::RULE,
    &fsync_off::RULE,
    &full_page_writes_off::RULE,
    &logging_gaps::RULE,
    &memory_defaults::RULE,
    &planner_method_disabled::RULE,
    &replication_slot_inactive::RULE,
    &restart_pending::RULE,
    &setting_invalid::RULE,
    &synchronous_commit_off::RULE,
    &timeouts_unset::RULE,
    &track_io_timing_off::RULE,
    &wal_archiving_off::RULE,
    &wraparound_xid::RULE,
];
