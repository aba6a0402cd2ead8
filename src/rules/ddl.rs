//! Rules about what DDL does while it runs: locks, scans, rewrites, builds, and failures that can be foreseen.

use super::Rule;
use crate::ast::{AlterAction, ColumnDef, QualifiedName};
use crate::facts::{Facts, Relation};

mod add_check_validates;
mod add_column_autoincrement;
mod add_column_constrained_domain;
mod add_column_generated_stored;
mod add_column_inline_constraint;
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
    &add_column_autoincrement::RULE,
    &add_column_generated_stored::RULE,
    &add_column_constrained_domain::RULE,
    &add_column_inline_constraint::RULE,
    &alter_column_type_rewrite::RULE,
    &lock_timeout_missing::RULE,
];

/// The column that an action adds to a large table that others use, unless it is there already.
fn new_column<'a>(
    name: &QualifiedName,
    action: &'a AlterAction,
    facts: &dyn Facts,
) -> Option<(&'a ColumnDef, Relation)> {
    let AlterAction::AddColumn { column, if_not_exists } = action else { return None };
    if *if_not_exists && facts.column(name, &column.name).found().is_some() {
        return None;
    }
    Some((column, facts.shared_and_large(name)?))
}
