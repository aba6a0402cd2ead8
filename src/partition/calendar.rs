//! Times of a set, by the server's own arithmetic.
#![forbid(unsafe_code)]

use super::grid::Mark;
use super::key::Kind;
use super::policy::Span;
use super::stride::Stride;
use crate::spi::time;
pub(super) use crate::spi::time::{instant, wall};
use pgrx::datum::Interval;

/// From the server's count of microseconds, since 2000, to the one since 1970.
const EPOCH: i128 = 946_684_800_000_000;

/// Microseconds since 1970 of a time that the server counts from 2000.
pub(super) fn since_1970(time: i64) -> i128 {
    i128::from(time) + EPOCH
}

/// A clock's time so many intervals later.
pub(super) fn plus(time: i64, stride: Stride, number: i32) -> i64 {
    let Span { months, days, micros } = stride.into();
    let (months, days) = (months.saturating_mul(number), days.saturating_mul(number));
    let length = interval(Span { months, days, micros: micros.saturating_mul(i64::from(number)) });
    length.map_or(time, |length| time::plus(time, length))
}

/// A clock's time so long before.
pub(super) fn minus(time: i64, length: Span) -> i64 {
    interval(length).map_or(time, |length| time::minus(time, length))
}

/// Its parts are all of one sign.
fn interval(Span { months, days, micros }: Span) -> Option<Interval> {
    Interval::new(months, days, micros).ok()
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
