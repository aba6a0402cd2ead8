//! Rules about tables, columns and keys.

use super::Rule;

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
mod fk_narrower_than_pk;
mod foreign_key_duplicate;
mod foreign_key_nullable_composite;
mod foreign_key_type_mismatch;
mod foreign_key_without_index;
mod integer_primary_key;
mod table_without_primary_key;

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
    &column_type_varchar_n::RULE,
    &column_type_enum::RULE,
    &column_type_xml::RULE,
    &column_type_hstore::RULE,
    &column_type_reg::RULE,
    &column_type_lo::RULE,
    &column_type_integer::RULE,
    &integer_primary_key::RULE,
    &foreign_key_type_mismatch::RULE,
    &fk_narrower_than_pk::RULE,
    &foreign_key_nullable_composite::RULE,
    &foreign_key_duplicate::RULE,
];
