//! Rules about what DDL does while it runs: locks, scans, rewrites, builds, and failures that can be foreseen.

use super::Rule;

mod add_check_validates;
mod add_column_required;
mod add_column_volatile_default;
mod add_foreign_key_validates;
mod add_unique_builds_index;
mod alter_column_type_rewrite;
mod concurrent_in_transaction;
mod concurrent_index_left_invalid;
mod concurrent_index_unnamed;
mod create_index_not_concurrent;
mod create_rule;
mod create_trigger_lock;
mod delete_without_where;
mod disable_trigger;
mod drop_cascade;
mod drop_column;
mod drop_column_cascades;
mod drop_constraint;
mod drop_index_in_use;
mod drop_index_not_concurrent;
mod drop_not_null;
mod drop_primary_key;
mod drop_schema;
mod drop_table;
mod drop_trigger;
mod lock_timeout_missing;
mod refresh_matview_blocking;
mod refresh_matview_concurrently_cost;
mod reindex_not_concurrent;
mod rename_column;
mod rename_enum_value;
mod rename_schema;
mod rename_table;
mod set_not_null_scan;
mod truncate_cascade;
mod truncate_table;
mod update_without_where;
mod vacuum_full_or_cluster;

pub(super) const RULES: &[&Rule] = &[
    &create_index_not_concurrent::RULE,
    &drop_index_not_concurrent::RULE,
    &add_foreign_key_validates::RULE,
    &add_check_validates::RULE,
    &set_not_null_scan::RULE,
    &add_unique_builds_index::RULE,
    &add_column_volatile_default::RULE,
    &add_column_required::RULE,
    &alter_column_type_rewrite::RULE,
    &lock_timeout_missing::RULE,
    &drop_table::RULE,
    &drop_column::RULE,
    &drop_column_cascades::RULE,
    &drop_cascade::RULE,
    &drop_schema::RULE,
    &rename_table::RULE,
    &rename_column::RULE,
    &rename_schema::RULE,
    &reindex_not_concurrent::RULE,
    &refresh_matview_blocking::RULE,
    &refresh_matview_concurrently_cost::RULE,
    &truncate_table::RULE,
    &truncate_cascade::RULE,
    &vacuum_full_or_cluster::RULE,
    &create_trigger_lock::RULE,
    &disable_trigger::RULE,
    &create_rule::RULE,
    &drop_trigger::RULE,
    &drop_constraint::RULE,
    &drop_primary_key::RULE,
    &drop_not_null::RULE,
    &rename_enum_value::RULE,
    &concurrent_in_transaction::RULE,
    &concurrent_index_unnamed::RULE,
    &concurrent_index_left_invalid::RULE,
    &drop_index_in_use::RULE,
    &update_without_where::RULE,
    &delete_without_where::RULE,
];
