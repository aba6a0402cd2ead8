//! Rules about tables, columns and keys.

use super::Rule;

mod column_type_serial;
mod foreign_key_without_index;
mod table_without_primary_key;

pub(super) const RULES: &[&Rule] =
    &[&table_without_primary_key::RULE, &foreign_key_without_index::RULE, &column_type_serial::RULE];
