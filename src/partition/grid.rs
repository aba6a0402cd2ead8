//! Where the partitions of a managed table begin: an anchor and all that is whole intervals away from it.
#![forbid(unsafe_code)]

use super::bounds::{DAY, Day};
use super::stride::Stride;

/// A bound that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Microseconds since 2000 by the clock of the set's zone.
    pub(crate) wall: i64,
    /// By a clock that no zone sets back, so that lengths of time can be counted: of UTC for instants.
    pub(crate) steady: i128,
    /// The wall clock shows this time once only.
    pub(crate) is_plain: bool,
}

/// Why bounds have no anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// They are not whole intervals apart.
    Uneven,
    /// They are ends of months, of which the day is not known.
    Ambiguous,
}

/// 2000-01-03, the first Monday that the server counts.
const MONDAY: i64 = 2 * 86_400_000_000;

/// Where an empty set begins to count: the first of a year, or a Monday for weeks.
pub(crate) fn default_anchor(stride: Stride) -> i64 {
    if matches!(stride, Stride::Days(days) if days % 7 == 0) { MONDAY } else { 0 }
}

/// The anchor that all of these bounds show.
pub(crate) fn anchor(stride: Stride, marks: &[Mark]) -> Result<i64, Why> {
    let Some(first) = marks.iter().find(|mark| mark.is_plain) else { return Err(Why::Ambiguous) };
    let Stride::Months(_) = stride else {
        return if marks.iter().all(|mark| is_on(stride, first, mark)) { Ok(first.wall) } else { Err(Why::Uneven) };
    };
    // The latest day of a month is the one that shorter months cut.
    let latest = marks.iter().max_by_key(|mark| day(mark.wall).of_month).unwrap_or(first);
    if !marks.iter().all(|mark| is_on(stride, latest, mark)) {
        return Err(Why::Uneven);
    }
    let of_month = day(latest.wall).of_month;
    let fits_a_later_day = of_month < 31 && marks.iter().all(|mark| ends_month(mark.wall));
    if fits_a_later_day { Err(Why::Ambiguous) } else { Ok(latest.wall) }
}

/// Whether a bound is whole intervals away from an anchor.
pub(crate) fn is_on(stride: Stride, anchor: &Mark, mark: &Mark) -> bool {
    match stride {
        Stride::Months(months) => {
            let (from, to) = (day(anchor.wall), day(mark.wall));
            let apart = (to.year - from.year) * 12 + i64::from(to.month) - i64::from(from.month);
            let of_month = from.of_month.min(length(to.year, to.month));
            apart % i64::from(months) == 0 && to.of_month == of_month && time(anchor.wall) == time(mark.wall)
        }
        Stride::Days(days) => (i128::from(mark.wall) - i128::from(anchor.wall)) % (i128::from(days) * DAY) == 0,
        Stride::Time(micros) => (mark.steady - anchor.steady) % i128::from(micros) == 0,
    }
}

/// The interval of the series that holds `now`, counted from the anchor: right, or one too many.
pub(crate) fn number(stride: Stride, anchor: &Mark, now: &Mark) -> Option<i32> {
    let number = match stride {
        Stride::Months(months) => {
            let (from, to) = (day(anchor.wall), day(now.wall));
            let apart = (to.year - from.year) * 12 + i64::from(to.month) - i64::from(from.month);
            i128::from(apart.div_euclid(i64::from(months)))
        }
        Stride::Days(days) => (i128::from(now.wall) - i128::from(anchor.wall)).div_euclid(i128::from(days) * DAY),
        Stride::Time(micros) => (now.steady - anchor.steady).div_euclid(i128::from(micros)),
    };
    i32::try_from(number).ok()
}

pub(crate) fn day(wall: i64) -> Day {
    Day::from_epoch_days(i32::try_from(i128::from(wall).div_euclid(DAY)).unwrap_or_default())
}

/// Microseconds since midnight.
pub(crate) fn time(wall: i64) -> i128 {
    i128::from(wall).rem_euclid(DAY)
}

fn ends_month(wall: i64) -> bool {
    let Day { year, month, of_month } = day(wall);
    of_month == length(year, month)
}

fn length(year: i64, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MICROS: i64 = 86_400_000_000;

    fn mark(wall: i64) -> Mark {
        Mark { wall, steady: i128::from(wall), is_plain: true }
    }

    /// Midnight of a day of this year.
    fn at(year: i64, month: u8, of_month: u8) -> Mark {
        let wanted = Day { year, month, of_month };
        (-3000..40_000)
            .map(|days| mark(days * MICROS))
            .find(|mark| day(mark.wall) == wanted)
            .unwrap_or_else(|| unreachable!("{wanted}"))
    }

    #[test]
    fn months_show_the_day_they_begin_on() {
        let monthly = Stride::Months(1);
        for (bounds, expected) in [
            (vec![at(2026, 1, 1), at(2026, 2, 1)], Ok(1)),
            (vec![at(2026, 1, 15), at(2026, 2, 15)], Ok(15)),
            // From the 31st: the bounds that a shorter month cuts do not hide it.
            (vec![at(2026, 1, 31), at(2026, 2, 28), at(2026, 3, 31)], Ok(31)),
            (vec![at(2026, 2, 28), at(2026, 3, 30)], Ok(30)),
            (vec![at(2026, 2, 28), at(2026, 3, 28)], Ok(28)),
            (vec![at(2024, 2, 29), at(2024, 3, 29)], Ok(29)),
            // The 28th to the 31st, or the 30th or 31st: nobody knows.
            (vec![at(2026, 2, 28)], Err(Why::Ambiguous)),
            (vec![at(2026, 2, 28), at(2026, 4, 30)], Err(Why::Ambiguous)),
            (vec![at(2026, 1, 1), at(2026, 1, 31)], Err(Why::Uneven)),
            (vec![at(2026, 1, 1), at(2026, 2, 1), at(2026, 2, 8)], Err(Why::Uneven)),
        ] {
            assert_eq!(anchor(monthly, &bounds).map(|wall| day(wall).of_month), expected, "{bounds:?}");
        }
        assert_eq!(anchor(Stride::Months(12), &[at(2025, 2, 28), at(2026, 2, 28)]), Err(Why::Ambiguous));
        assert_eq!(anchor(Stride::Months(3), &[at(2026, 1, 1), at(2026, 2, 1)]), Err(Why::Uneven));
    }

    #[test]
    fn a_month_is_not_thirty_days() {
        let months = [at(2026, 1, 1), at(2026, 2, 1), at(2026, 3, 1)];
        assert_eq!(anchor(Stride::Days(30), &months), Err(Why::Uneven));
        let days = [at(2026, 1, 1), at(2026, 1, 31), at(2026, 3, 2)];
        assert_eq!(anchor(Stride::Days(30), &days), Ok(days[0].wall));
        assert_eq!(anchor(Stride::Months(1), &days), Err(Why::Uneven));
        assert_eq!(anchor(Stride::Days(1), &months), Ok(months[0].wall));
    }

    #[test]
    fn weeks_begin_on_monday() {
        assert_eq!(day(default_anchor(Stride::Days(7))), Day { year: 2000, month: 1, of_month: 3 });
        assert_eq!(default_anchor(Stride::Months(3)), 0);
        assert_eq!(default_anchor(Stride::Days(1)), 0);
    }

    /// For every day of forty years, the interval found holds the day or is one too many.
    #[test]
    fn the_number_is_right_or_one_too_many() {
        let anchor = at(2000, 1, 31);
        let from = day(anchor.wall);
        for stride in [Stride::Months(1), Stride::Months(3), Stride::Days(7)] {
            let begin = |k: i64| match stride {
                Stride::Months(months) => {
                    let month = from.year * 12 + i64::from(from.month) - 1 + k * i64::from(months);
                    let (year, month) = (month.div_euclid(12), u8::try_from(month.rem_euclid(12) + 1).unwrap_or(1));
                    Day { year, month, of_month: from.of_month.min(length(year, month)) }
                }
                Stride::Days(n) => day(anchor.wall + k * i64::from(n) * MICROS),
                Stride::Time(n) => day(anchor.wall + k * n),
            };
            for days in -2000..12_000 {
                let now = mark(days * MICROS + 1);
                let number = i64::from(number(stride, &anchor, &now).unwrap_or_default());
                let today = day(now.wall);
                assert!(begin(number - 1) <= today && today < begin(number + 1), "{stride:?} {days} {number}");
            }
        }
    }
}
