//! Rules about settings, and the state of the server.

use super::Rule;

mod fsync_off;

pub(super) const RULES: &[&Rule] = &[&fsync_off::RULE];
