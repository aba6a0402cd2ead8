//! Rules about settings, and the state of the server.

use super::Rule;

mod archive_failing;
mod autovacuum_lagging;
mod autovacuum_off;
mod autovacuum_scale_large_table;
mod autovacuum_table_off;
mod checkpoint_frequent;
mod collation_version_mismatch;
mod connection_churn;
mod data_checksums_off;
mod encoding_sql_ascii;
mod extension_outdated;
mod fsync_off;
mod full_page_writes_off;
mod idle_connections;
mod large_object_orphans;
mod logging_gaps;
mod max_connections_high;
mod memory_defaults;
mod minor_outdated;
mod pgss_missing;
mod planner_method_disabled;
mod pool_sizing;
mod replica_lag;
mod replication_slot_inactive;
mod restart_pending;
mod setting_invalid;
mod ssl_off;
mod sync_standby_missing;
mod synchronous_commit_off;
mod temp_schema_orphans;
mod timeouts_unset;
mod tls_old;
mod track_io_timing_off;
mod upgrade_blockers;
mod version_eol;
mod wal_archiving_off;
mod wal_level_vs_use;
mod work_mem_risk;
mod wraparound_mxid;
mod wraparound_xid;
mod xmin_horizon_blocked;

pub(super) const RULES: &[&Rule] = &[
    &archive_failing::RULE,
    &autovacuum_lagging::RULE,
    &autovacuum_off::RULE,
    &autovacuum_scale_large_table::RULE,
    &autovacuum_table_off::RULE,
    &checkpoint_frequent::RULE,
    &collation_version_mismatch::RULE,
    &data_checksums_off::RULE,
    &encoding_sql_ascii::RULE,
    &extension_outdated::RULE,
    &fsync_off::RULE,
    &full_page_writes_off::RULE,
    &logging_gaps::RULE,
    &memory_defaults::RULE,
    &pgss_missing::RULE,
    &planner_method_disabled::RULE,
    &replication_slot_inactive::RULE,
    &restart_pending::RULE,
    &setting_invalid::RULE,
    &ssl_off::RULE,
    &sync_standby_missing::RULE,
    &synchronous_commit_off::RULE,
    &timeouts_unset::RULE,
    &tls_old::RULE,
    &track_io_timing_off::RULE,
    &upgrade_blockers::RULE,
    &version_eol::RULE,
    &wal_archiving_off::RULE,
    &wraparound_mxid::RULE,
    &wraparound_xid::RULE,
    &xmin_horizon_blocked::RULE,
    &wal_level_vs_use::RULE,
    &large_object_orphans::RULE,
    &temp_schema_orphans::RULE,
    &connection_churn::RULE,
    &idle_connections::RULE,
    &max_connections_high::RULE,
    &work_mem_risk::RULE,
    &pool_sizing::RULE,
    &replica_lag::RULE,
    &minor_outdated::RULE,
];

/// Why what sessions and standbys do is not judged: SQL, NULL where it is.
const ACTIVITY_BLIND: &str = "CASE
        WHEN pg_catalog.pg_is_in_recovery() THEN 'This is a standby: VACUUM and commits are its primary''s.'
        WHEN NOT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
        THEN 'Only a superuser, and members of pg_read_all_stats, may see what other sessions and standbys do.' END";

/// Why what sessions have done is not judged: SQL, NULL where it is. A crash of the server empties the counts, and the background writer's say
/// when.
const SESSIONS_BLIND: &str = "(SELECT CASE
        WHEN b.began > pg_catalog.now() - '30 days'::pg_catalog.interval
        THEN pg_catalog.format('Sessions have been counted since %s: 30 days of them are needed.', pg_catalog.to_char(b.began, 'YYYY-MM-DD HH24:MI')) END
    FROM (SELECT greatest(
              pg_catalog.pg_stat_get_bgwriter_stat_reset_time(),
              pg_catalog.pg_stat_get_db_stat_reset_time((
                  SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()))) AS began) AS b)";
