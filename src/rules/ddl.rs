//! Rules about what DDL does while it runs: locks, scans, rewrites, builds, and failures that can be foreseen.

use super::Rule;

mod add_check_validates;
mod add_column_required;
mod add_column_volatile_default;
mod add_foreign_key_validates;
mod add_unique_builds_index;
mod alter_column_type_rewrite;
mod concurrent_index_will_wait;
mod concurrent_index_with_timeout;
mod create_index_not_concurrent;
mod ddl_blocked_now;
mod drop_index_not_concurrent;
mod foreign_key_locks_parent;
mod lock_timeout_missing;
mod lock_timeout_too_long;
mod lock_upgrade;
mod multi_table_lock_window;
mod set_not_null_scan;
mod table_rewrite;
mod transaction_holds_access_exclusive;

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
    &table_rewrite::RULE,
    &lock_timeout_missing::RULE,
    &lock_timeout_too_long::RULE,
    &ddl_blocked_now::RULE,
    &concurrent_index_will_wait::RULE,
    &concurrent_index_with_timeout::RULE,
    &transaction_holds_access_exclusive::RULE,
    &multi_table_lock_window::RULE,
    &lock_upgrade::RULE,
    &foreign_key_locks_parent::RULE,
];
