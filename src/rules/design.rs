//! Rules about tables, columns and keys.

use super::Rule;

mod all_columns_nullable;
mod alter_system_or_role;
mod array_or_csv_fk;
mod boolean_nullable;
mod check_on_other_table;
mod column_alignment_waste;
mod column_inconsistent_type;
mod column_type_char;
mod column_type_enum;
mod column_type_float;
mod column_type_hstore;
mod column_type_integer;
mod column_type_json;
mod column_type_lo;
mod column_type_money;
mod column_type_reg;
mod column_type_serial;
mod column_type_timestamp;
mod column_type_timestamp_precision_0;
mod column_type_timetz;
mod column_type_varchar_n;
mod column_type_xml;
mod constraint_not_enforced;
mod constraint_not_valid;
mod default_now_in_cast;
mod domain_with_check;
mod enable_rls_without_policy;
mod fk_narrower_than_pk;
mod forbidden_types;
mod foreign_key_cascade;
mod foreign_key_cross_schema;
mod foreign_key_duplicate;
mod foreign_key_intersecting;
mod foreign_key_missing;
mod foreign_key_nullable_composite;
mod foreign_key_self;
mod foreign_key_type_mismatch;
mod foreign_key_without_index;
mod grant_to_public;
mod identifier_length_max;
mod identifier_not_lowercase;
mod identifier_pg_prefix;
mod identifier_reserved_word;
mod identifier_special_char;
mod incrementing_columns;
mod index_predicate_not_immutable;
mod integer_primary_key;
mod jsonb_wide_toast;
mod migration_without_advisory_lock;
mod missing_comment;
mod naming_convention;
mod not_null_candidate;
mod numeric_without_scale_money;
mod partition_unique_without_key;
mod primary_key_natural;
mod primary_key_not_first;
mod primary_key_random_uuid;
mod primary_key_too_wide;
mod primary_key_varchar;
mod required_columns;
mod rule_present;
mod sequence_exhaustion;
mod table_empty;
mod table_inheritance;
mod table_unlinked;
mod table_unused;
mod table_without_primary_key;
mod table_zero_or_one_column;
mod too_many_columns;
mod transaction_nesting;
mod trigger_cost;
mod trigger_function_shared;
mod trigger_many;
mod uncommitted_transaction;
mod unique_instead_of_primary_key;
mod unlogged_table;

pub(super) const RULES: &[&Rule] = &[
    &table_without_primary_key::RULE,
    &foreign_key_without_index::RULE,
    &column_type_serial::RULE,
    &column_type_timestamp::RULE,
    &column_type_timetz::RULE,
    &column_type_timestamp_precision_0::RULE,
    &column_type_char::RULE,
    &column_type_money::RULE,
    &column_type_json::RULE,
    &column_type_float::RULE,
    &numeric_without_scale_money::RULE,
    &column_type_varchar_n::RULE,
    &column_type_enum::RULE,
    &column_type_xml::RULE,
    &column_type_hstore::RULE,
    &column_type_reg::RULE,
    &column_type_lo::RULE,
    &column_type_integer::RULE,
    &column_inconsistent_type::RULE,
    &incrementing_columns::RULE,
    &all_columns_nullable::RULE,
    &boolean_nullable::RULE,
    &column_alignment_waste::RULE,
    &too_many_columns::RULE,
    &table_zero_or_one_column::RULE,
    &array_or_csv_fk::RULE,
    &missing_comment::RULE,
    &integer_primary_key::RULE,
    &foreign_key_type_mismatch::RULE,
    &fk_narrower_than_pk::RULE,
    &foreign_key_nullable_composite::RULE,
    &foreign_key_duplicate::RULE,
    &unlogged_table::RULE,
    &table_inheritance::RULE,
    &default_now_in_cast::RULE,
    &identifier_not_lowercase::RULE,
    &identifier_reserved_word::RULE,
    &identifier_special_char::RULE,
    &identifier_pg_prefix::RULE,
    &identifier_length_max::RULE,
    &naming_convention::RULE,
    &required_columns::RULE,
    &forbidden_types::RULE,
    &index_predicate_not_immutable::RULE,
    &partition_unique_without_key::RULE,
    &enable_rls_without_policy::RULE,
    &grant_to_public::RULE,
    &alter_system_or_role::RULE,
    &transaction_nesting::RULE,
    &uncommitted_transaction::RULE,
    &migration_without_advisory_lock::RULE,
    &sequence_exhaustion::RULE,
    &constraint_not_valid::RULE,
    &unique_instead_of_primary_key::RULE,
    &foreign_key_cascade::RULE,
    &primary_key_too_wide::RULE,
    &rule_present::RULE,
    &trigger_many::RULE,
    &primary_key_random_uuid::RULE,
    &constraint_not_enforced::RULE,
    &foreign_key_intersecting::RULE,
    &foreign_key_cross_schema::RULE,
    &foreign_key_self::RULE,
    &table_unlinked::RULE,
    &foreign_key_missing::RULE,
    &primary_key_varchar::RULE,
    &primary_key_natural::RULE,
    &primary_key_not_first::RULE,
    &table_unused::RULE,
    &table_empty::RULE,
    &check_on_other_table::RULE,
    &domain_with_check::RULE,
    &jsonb_wide_toast::RULE,
    &not_null_candidate::RULE,
    &trigger_function_shared::RULE,
    &trigger_cost::RULE,
];
