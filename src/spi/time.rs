//! The server's own arithmetic of time, called without a query.
//!
//! This module vouches for: each function is given arguments of the types it is declared with; what it raises is the server's own
//! error. Times are microseconds since 2000, of UTC or of a clock.

use crate::text::Text;
use pgrx::datum::Interval;
use pgrx::pg_sys::{self, Datum};
use pgrx::{IntoDatum, direct_function_call};

/// What the clock of a zone shows at an instant.
pub(crate) fn wall(zone: &str, instant: i64) -> i64 {
    let zone = Text::from(zone).into_datum();
    // SAFETY: timezone(text, timestamptz).
    unsafe { direct_function_call(pg_sys::timestamptz_zone, &[zone, datum(instant)]) }.unwrap_or_default()
}

/// The instant at which the clock of a zone shows a time.
pub(crate) fn instant(zone: &str, wall: i64) -> i64 {
    let zone = Text::from(zone).into_datum();
    // SAFETY: timezone(text, timestamp).
    unsafe { direct_function_call(pg_sys::timestamp_zone, &[zone, datum(wall)]) }.unwrap_or_default()
}

/// A time so much later.
pub(crate) fn plus(time: i64, length: Interval) -> i64 {
    // SAFETY: timestamp + interval.
    unsafe { direct_function_call(pg_sys::timestamp_pl_interval, &[datum(time), length.into_datum()]) }.unwrap_or(time)
}

/// A time so much earlier.
pub(crate) fn minus(time: i64, length: Interval) -> i64 {
    // SAFETY: timestamp - interval.
    unsafe { direct_function_call(pg_sys::timestamp_mi_interval, &[datum(time), length.into_datum()]) }.unwrap_or(time)
}

#[expect(clippy::unnecessary_wraps, reason = "as arguments are given")]
fn datum(time: i64) -> Option<Datum> {
    Some(Datum::from(time))
}
