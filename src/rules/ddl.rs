//! Rules about what DDL does while it runs: locks, scans, rewrites, builds, and failures that can be foreseen.

use super::Rule;

mod add_check_validates;
mod add_column_required;
mod add_column_volatile_default;
mod add_foreign_key_validates;
mod add_unique_builds_index;
mod alter_column_type_rewrite;
mod create_index_not_concurrent;
mod drop_index_not_concurrent;
mod lock_timeout_missing;
mod set_not_null_scan;

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
];
