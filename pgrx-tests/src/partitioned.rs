//! What tests ask of a partitioned table before and after its rows move.

use std::thread;

use crate::{Outcome, Result, Session};

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

/// Runs a call that a transaction of another session is in the way of, which is committed when the call waits for it.
///
/// # Errors
/// When the call does not wait; that it fails is no error.
pub fn behind(s: &mut Session, holder: &mut Session, call: &str) -> Result<Outcome> {
    let waits = format!("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = {})", s.pid()?);
    thread::scope(|scope| {
        let call = scope.spawn(|| s.outcome(call));
        let held = holder.wait_for(&waits, "t");
        holder.run("COMMIT")?;
        let outcome = call.join().map_err(|_| "the session panicked")?;
        held?;
        Ok(outcome)
    })
}
