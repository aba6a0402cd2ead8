//! Rules about what DDL does while it runs: locks, scans, rewrites, builds, and failures that can be foreseen.

use super::Rule;
use crate::ast::{AlterAction, ColumnDef, Key, QualifiedName};
use crate::facts::{Facts, Index, Kind, Lookup, Relation};
use crate::finding::Finding;

mod add_check_validates;
mod add_column_autoincrement;
mod add_column_constrained_domain;
mod add_column_generated_stored;
mod add_column_inline_constraint;
mod add_column_required;
mod add_column_volatile_default;
mod add_exclusion_constraint;
mod add_foreign_key_validates;
mod add_primary_key_builds_index;
mod add_primary_key_nullable_columns;
mod add_unique_builds_index;
mod alter_column_type_blocked;
mod alter_column_type_lossy;
mod alter_column_type_reindex;
mod alter_column_type_rewrite;
mod combinable_alter_table;
mod concurrent_in_transaction;
mod concurrent_index_left_invalid;
mod concurrent_index_unnamed;
mod concurrent_index_will_wait;
mod concurrent_index_with_timeout;
mod create_index_not_concurrent;
mod create_rule;
mod create_trigger_lock;
mod ddl_blocked_now;
mod ddl_cancels_standby_queries;
mod ddl_with_backfill;
mod delete_without_where;
mod disable_trigger;
mod domain_constraint_validates;
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
mod foreign_key_locks_parent;
mod foreign_key_not_valid_on_partitioned;
mod idle_timeout_missing;
mod large_dml_in_migration;
mod lock_timeout_missing;
mod lock_timeout_too_long;
mod lock_upgrade;
mod missing_if_exists;
mod move_tablespace_or_am;
mod multi_table_lock_window;
mod opaque_code;
mod published_table_ddl;
mod refresh_matview_blocking;
mod refresh_matview_concurrently_cost;
mod reindex_not_concurrent;
mod rename_column;
mod rename_enum_value;
mod rename_schema;
mod rename_table;
mod rewrite_needs_disk;
mod set_expression_rewrite;
mod set_logged_unlogged;
mod set_not_null_scan;
mod statement_timeout_missing;
mod table_rewrite;
mod transaction_holds_access_exclusive;
mod truncate_cascade;
mod truncate_table;
mod unqualified_name;
mod update_without_where;
mod using_index_not_eligible;
mod vacuum_full_or_cluster;
mod validate_in_same_transaction;

pub(super) const RULES: &[&Rule] = &[
    &create_index_not_concurrent::RULE,
    &drop_index_not_concurrent::RULE,
    &add_foreign_key_validates::RULE,
    &foreign_key_not_valid_on_partitioned::RULE,
    &add_check_validates::RULE,
    &set_not_null_scan::RULE,
    &add_unique_builds_index::RULE,
    &add_primary_key_builds_index::RULE,
    &add_primary_key_nullable_columns::RULE,
    &using_index_not_eligible::RULE,
    &add_exclusion_constraint::RULE,
    &validate_in_same_transaction::RULE,
    &add_column_volatile_default::RULE,
    &add_column_required::RULE,
    &add_column_autoincrement::RULE,
    &add_column_generated_stored::RULE,
    &add_column_constrained_domain::RULE,
    &add_column_inline_constraint::RULE,
    &alter_column_type_rewrite::RULE,
    &table_rewrite::RULE,
    &alter_column_type_reindex::RULE,
    &alter_column_type_blocked::RULE,
    &alter_column_type_lossy::RULE,
    &set_expression_rewrite::RULE,
    &set_logged_unlogged::RULE,
    &move_tablespace_or_am::RULE,
    &domain_constraint_validates::RULE,
    &lock_timeout_missing::RULE,
    &lock_timeout_too_long::RULE,
    &statement_timeout_missing::RULE,
    &idle_timeout_missing::RULE,
    &ddl_blocked_now::RULE,
    &ddl_cancels_standby_queries::RULE,
    &concurrent_index_will_wait::RULE,
    &concurrent_index_with_timeout::RULE,
    &transaction_holds_access_exclusive::RULE,
    &multi_table_lock_window::RULE,
    &lock_upgrade::RULE,
    &foreign_key_locks_parent::RULE,
    &drop_table::RULE,
    &drop_column::RULE,
    &drop_column_cascades::RULE,
    &drop_cascade::RULE,
    &drop_schema::RULE,
    &rename_table::RULE,
    &rename_column::RULE,
    &rename_schema::RULE,
    &reindex_not_concurrent::RULE,
    &rewrite_needs_disk::RULE,
    &refresh_matview_blocking::RULE,
    &refresh_matview_concurrently_cost::RULE,
    &published_table_ddl::RULE,
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
    &ddl_with_backfill::RULE,
    &large_dml_in_migration::RULE,
    &combinable_alter_table::RULE,
    &missing_if_exists::RULE,
    &unqualified_name::RULE,
    &opaque_code::RULE,
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

/// Columns of a known table that are not NOT NULL, and that no validated CHECK but those named proves to hold no NULL.
fn perhaps_null(table: &QualifiedName, columns: &[String], without: &[&str], facts: &dyn Facts) -> Vec<String> {
    if !facts.exists(table) {
        return Vec::new();
    }
    let perhaps_null = |column: &&String| {
        facts.column(table, column).found().is_some_and(|column| !column.not_null)
            && facts.proves_not_null(table, column, without) == Lookup::Found(false)
    };
    columns.iter().filter(perhaps_null).cloned().collect()
}

/// Partitions of more than these are not written out.
const MOST_PARTITIONS: usize = 20;

/// Partitions with rows of their own, without those that have what is to be added. None of what is not partitioned.
fn partitions_without(table: &Relation, facts: &dyn Facts, has: impl Fn(&QualifiedName) -> bool) -> Vec<Relation> {
    if table.kind != Kind::Partitioned {
        return Vec::new();
    }
    let tree = facts.tree(&table.qualified_name());
    tree.into_iter()
        .filter(|partition| !has(partition))
        .filter_map(|partition| facts.relation(&partition).found())
        .filter(|partition| partition.kind != Kind::Partitioned)
        .collect()
}

/// Partitions that a key of their parent could not take over from.
fn partitions_without_key(table: &Relation, key: &Key, primary: bool, facts: &dyn Facts) -> Vec<Relation> {
    let columns: Vec<Option<String>> = key.columns.iter().cloned().map(Some).collect();
    let serves =
        |index: &Index| index.of_constraint && index.primary == primary && index.searchable && index.columns == columns;
    partitions_without(table, facts, |partition| facts.indexes(partition).iter().any(serves))
}

/// How the steps for a key are run.
const BY_PARTITION: &str =
    "Partition by partition, CREATE INDEX outside a transaction, and each ALTER TABLE in one of its own";

/// What to do partition by partition, where that can be written out.
fn by_partition(finding: Finding, lacking: &[Relation], introduction: &str, sql: impl FnOnce() -> String) -> Finding {
    let foreign = lacking.iter().any(|partition| partition.kind == Kind::ForeignTable);
    if foreign || lacking.len() > MOST_PARTITIONS {
        return finding.hint(
            "Add it to each partition in the same way as to a table of its own, without a scan or a build that others wait \
             for; then add it to the parent, which takes over what its partitions have.",
        );
    }
    finding.remedy(introduction, sql())
}
