//! Rules about indexes that exist.

use super::Rule;

mod index_duplicate;
mod index_invalid;
mod index_redundant;

pub(super) const RULES: &[&Rule] = &[&index_invalid::RULE, &index_duplicate::RULE, &index_redundant::RULE];
