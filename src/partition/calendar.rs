//! The server's own arithmetic of time, called without a query.
//!
//! This module vouches for: each function is given arguments of the types it is declared with; what it raises is the server's own
//! error.
#![allow(unsafe_code, reason = "calls functions of the server; see the module's promise")]

use super::grid::Mark;
use super::key::Kind;
use super::policy::Span;
use super::stride::Stride;
use crate::text::Text;
use pgrx::datum::Interval;
use pgrx::pg_sys::{self, Datum};
use pgrx::{IntoDatum, direct_function_call};

/// From the server's count of microseconds, since 2000, to the one since 1970.
const EPOCH: i128 = 946_684_800_000_000;

/// Microseconds since 1970 of a time that the server counts from 2000.
pub(super) fn since_1970(time: i64) -> i128 {
    i128::from(time) + EPOCH
}

/// What the clock of a zone shows at an instant.
pub(super) fn wall(zone: &str, instant: i64) -> i64 {
    // SAFETY: timezone(text, timestamptz).
    let wall =
        unsafe { direct_function_call(pg_sys::timestamptz_zone, &[Text::from(zone).into_datum(), datum(instant)]) };
    wall.unwrap_or_default()
}

/// The instant at which the clock of a zone shows a time.
pub(super) fn instant(zone: &str, wall: i64) -> i64 {
    // SAFETY: timezone(text, timestamp).
    let instant =
        unsafe { direct_function_call(pg_sys::timestamp_zone, &[Text::from(zone).into_datum(), datum(wall)]) };
    instant.unwrap_or_default()
}

/// A clock's time so many intervals later.
pub(super) fn plus(time: i64, stride: Stride, number: i32) -> i64 {
    let Span { months, days, micros } = stride.into();
    let (months, days) = (months.saturating_mul(number), days.saturating_mul(number));
    let interval = interval(Span { months, days, micros: micros.saturating_mul(i64::from(number)) });
    // SAFETY: timestamp + interval.
    unsafe { direct_function_call(pg_sys::timestamp_pl_interval, &[datum(time), interval]) }.unwrap_or(time)
}

/// A clock's time so long before.
pub(super) fn minus(time: i64, length: Span) -> i64 {
    // SAFETY: timestamp - interval.
    unsafe { direct_function_call(pg_sys::timestamp_mi_interval, &[datum(time), interval(length)]) }.unwrap_or(time)
}

fn interval(Span { months, days, micros }: Span) -> Option<Datum> {
    // Its parts are all of one sign.
    Interval::new(months, days, micros).ok()?.into_datum()
}

#[expect(clippy::unnecessary_wraps, reason = "as arguments are given")]
fn datum(time: i64) -> Option<Datum> {
    Some(Datum::from(time))
}

/// A clock's time as a mark of a series.
pub(super) fn mark_of_wall(kind: Kind, zone: &str, wall: i64) -> Mark {
    match kind {
        Kind::Instant => Mark { wall, steady: since_1970(instant(zone, wall)), is_plain: true },
        Kind::Date | Kind::Timestamp => Mark { wall, steady: since_1970(wall), is_plain: true },
    }
}

/// An instant as a mark of a series: for a key without a zone, what the clock of the set's zone shows then.
pub(super) fn mark_of_instant(kind: Kind, zone: &str, at: i64) -> Mark {
    let wall = wall(zone, at);
    match kind {
        Kind::Instant => Mark { wall, steady: since_1970(at), is_plain: instant(zone, wall) == at },
        Kind::Date | Kind::Timestamp => Mark { wall, steady: since_1970(wall), is_plain: true },
    }
}

/// The bound so many intervals after the anchor, in microseconds since 1970, as keys of this kind have it. The same as
/// [`super::inspect::windows`] has from a query.
pub(super) fn bound(kind: Kind, zone: &str, anchor: i64, stride: Stride, number: i32) -> i128 {
    since_1970(match (kind, stride) {
        (Kind::Instant, Stride::Time(_)) => plus(instant(zone, anchor), stride, number),
        (Kind::Instant, _) => instant(zone, plus(anchor, stride, number)),
        (Kind::Date | Kind::Timestamp, _) => plus(anchor, stride, number),
    })
}
