//! What tests ask of a partitioned table before and after its rows move.

use crate::{Result, Session};

/// How many rows a table has, and a checksum of them.
///
/// # Errors
/// The server's error.
pub fn sum(s: &mut Session, table: &str) -> Result<String> {
    Ok(s.value(&format!("SELECT count(*) || ' ' || coalesce(sum(hashtext(x::text)::bigint), 0) FROM {table} AS x"))?)
}

/// Each partition that has rows, and how many.
///
/// # Errors
/// The server's error.
pub fn counts(s: &mut Session, table: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT tableoid::regclass || ' ' || count(*) FROM {table} GROUP BY tableoid ORDER BY tableoid::regclass::text COLLATE \"C\""
    ))?)
}

/// Each partition with its bounds.
///
/// # Errors
/// The server's error.
pub fn bounds(s: &mut Session, table: &str) -> Result<Vec<String>> {
    Ok(s.column(&format!(
        "SELECT concat_ws(' ', partition, lower_bound, upper_bound) FROM warden.list_partitions('{table}')"
    ))?)
}
