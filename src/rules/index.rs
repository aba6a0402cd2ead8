//! Rules about indexes that exist.

use super::Rule;

mod hot_update_blocked;
mod index_bloat;
mod index_boolean;
mod index_btree_on_array;
mod index_collation_outdated;
mod index_duplicate;
mod index_hash;
mod index_invalid;
mod index_low_cardinality;
mod index_mostly_null;
mod index_never_selective;
mod index_overlap_include;
mod index_rarely_used;
mod index_redundant;
mod index_same_columns_reordered;
mod index_subsumed_by_unique;
mod index_unused;
mod index_useless_predicate;
mod index_wide;
mod index_wrong_am;
mod statistics_stale;
mod table_bloat;
mod too_many_indexes;

pub(super) const RULES: &[&Rule] = &[
    &index_invalid::RULE,
    &index_collation_outdated::RULE,
    &index_duplicate::RULE,
    &index_redundant::RULE,
    &index_subsumed_by_unique::RULE,
    &index_unused::RULE,
    &too_many_indexes::RULE,
    &statistics_stale::RULE,
    &index_boolean::RULE,
    &index_btree_on_array::RULE,
    &index_hash::RULE,
    &index_useless_predicate::RULE,
    &index_low_cardinality::RULE,
    &index_mostly_null::RULE,
    &index_same_columns_reordered::RULE,
    &index_overlap_include::RULE,
    &index_rarely_used::RULE,
    &index_never_selective::RULE,
    &index_wide::RULE,
    &index_bloat::RULE,
    &table_bloat::RULE,
    &hot_update_blocked::RULE,
    &index_wrong_am::RULE,
];

/// SQL over [`super::Source::IndexRoots`]: the index is held for nothing but being read, no other rule says that it is too much, and it is large
/// enough to matter.
macro_rules! dispensable {
    () => {
        "s.is_of_table AND s.index_bytes >= 1048576 AND NOT s.is_held
        AND s.unique_name IS NULL AND NOT s.supports_foreign_key AND NOT s.is_of_pair AND s.reordered_name IS NULL
        AND (s.method = 'btree' AND (s.first_is_container OR s.first_is_boolean AND s.is_of_one_column AND NOT s.is_partial)
             OR s.method = 'hash' AND s.first_length BETWEEN 1 AND 8) IS NOT TRUE"
    };
}
use dispensable;

/// Why counts of uses are no evidence. A crash of the server empties them, and the background writer's say when.
pub(super) const USE_BLIND: &str = "(SELECT CASE
        WHEN pg_catalog.pg_is_in_recovery() THEN 'This is a standby: its statistics know of its own queries alone.'
        WHEN pg_catalog.current_setting('track_counts') = 'off' THEN 'Uses are not counted: track_counts is off.'
        WHEN b.began > pg_catalog.now() - '30 days'::pg_catalog.interval
        THEN pg_catalog.format('Statistics of use began at %s: 30 days of them are needed.', pg_catalog.to_char(b.began, 'YYYY-MM-DD HH24:MI')) END
    FROM (SELECT greatest(
              pg_catalog.pg_postmaster_start_time(), pg_catalog.pg_stat_get_bgwriter_stat_reset_time(),
              pg_catalog.pg_stat_get_db_stat_reset_time((
                  SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()))) AS began) AS b)";

/// Why there are no counts of uses at all.
pub(super) const COUNT_BLIND: &str = "CASE
        WHEN pg_catalog.pg_is_in_recovery() THEN 'This is a standby: its statistics know of its own queries alone.'
        WHEN pg_catalog.current_setting('track_counts') = 'off' THEN 'Uses are not counted: track_counts is off.' END";
