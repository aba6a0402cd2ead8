//! How long the partitions of a set are, and what that makes of their names.
#![forbid(unsafe_code)]

use super::bounds::Day;

/// The length of a partition: months, days or a time, never a mix, for these are not to be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stride {
    Months(i32),
    Days(i32),
    /// Microseconds.
    Time(i64),
}

pub(crate) const DAY: Stride = Stride::Days(1);
pub(crate) const WEEK: Stride = Stride::Days(7);
pub(crate) const MONTH: Stride = Stride::Months(1);
pub(crate) const QUARTER: Stride = Stride::Months(3);
pub(crate) const YEAR: Stride = Stride::Months(12);

impl Stride {
    /// As the server reads an interval.
    pub(crate) fn interval(self) -> String {
        match self {
            Self::Months(n) => format!("{n} months"),
            Self::Days(n) => format!("{n} days"),
            Self::Time(n) => format!("{n} microseconds"),
        }
    }

    /// What several partitions are called.
    pub(crate) fn plural(self) -> &'static str {
        match self {
            DAY => "days",
            WEEK => "weeks",
            MONTH => "months",
            QUARTER => "quarters",
            YEAR => "years",
            _ => "partitions",
        }
    }

    /// What one of them is called.
    pub(crate) fn singular(self) -> &'static str {
        self.plural().trim_end_matches('s')
    }

    /// Several, as a sentence begins.
    pub(crate) fn title(self) -> &'static str {
        match self {
            DAY => "Days",
            WEEK => "Weeks",
            MONTH => "Months",
            QUARTER => "Quarters",
            YEAR => "Years",
            _ => "Partitions",
        }
    }

    /// What partitions do by the clock of a zone, the first of them at this time of the day.
    pub(crate) fn beginning(self, time: &str) -> String {
        match (self, time) {
            (Self::Time(_), _) => "are counted by the clock".to_owned(),
            (_, "00:00:00") => "begin at midnight".to_owned(),
            _ => format!("begin at {time}"),
        }
    }

    /// What the name of a partition that begins on this day, at this time, has behind the table's.
    pub(crate) fn suffix(self, day: Day, time: &str) -> String {
        let Day { year, month, of_month } = day;
        match self {
            YEAR => format!("_{year:04}"),
            QUARTER if self.first(day) == Some(day) => format!("_{year:04}_q{}", month.div_ceil(3)),
            QUARTER | Self::Days(_) => format!("_{year:04}_{month:02}_{of_month:02}"),
            Self::Months(_) => format!("_{year:04}_{month:02}"),
            Self::Time(_) => {
                let digits: String = time.chars().filter(char::is_ascii_digit).collect();
                // Hours and minutes; seconds and their fractions where there are any.
                let shown = if digits[4..].bytes().all(|b| b == b'0') { &digits[..4] } else { &digits };
                format!("_{year:04}_{month:02}_{of_month:02}_{shown}")
            }
        }
    }

    /// Where the month, quarter or year that a day lies in begins. Days and weeks begin where they are told to.
    pub(crate) fn first(self, day: Day) -> Option<Day> {
        match self {
            MONTH => Some(Day { of_month: 1, ..day }),
            QUARTER => Some(Day { month: (day.month - 1) / 3 * 3 + 1, of_month: 1, ..day }),
            YEAR => Some(Day { month: 1, of_month: 1, ..day }),
            _ => None,
        }
    }

    /// The function that makes one of these.
    pub(crate) fn function(self) -> &'static str {
        match self {
            DAY => "create_daily_partition",
            WEEK => "create_weekly_partition",
            QUARTER => "create_quarterly_partition",
            YEAR => "create_yearly_partition",
            _ => "create_monthly_partition",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn day(year: i64, month: u8, of_month: u8) -> Day {
        Day { year, month, of_month }
    }

    #[test]
    fn names_say_where_a_partition_begins() {
        for (stride, day, time, suffix) in [
            (DAY, day(2026, 1, 5), "00:00:00", "_2026_01_05"),
            (WEEK, day(2022, 12, 26), "00:00:00", "_2022_12_26"),
            (MONTH, day(2026, 1, 15), "00:00:00", "_2026_01"),
            (QUARTER, day(2026, 1, 1), "00:00:00", "_2026_q1"),
            (QUARTER, day(2026, 10, 1), "00:00:00", "_2026_q4"),
            (QUARTER, day(2026, 2, 15), "00:00:00", "_2026_02_15"),
            (QUARTER, day(2026, 2, 1), "00:00:00", "_2026_02_01"),
            (YEAR, day(10000, 1, 1), "00:00:00", "_10000"),
            (Stride::Months(2), day(2026, 3, 1), "00:00:00", "_2026_03"),
            (Stride::Days(10), day(2026, 3, 1), "00:00:00", "_2026_03_01"),
            (Stride::Time(1), day(2026, 3, 1), "06:00:00", "_2026_03_01_0600"),
            (Stride::Time(1), day(2026, 3, 1), "06:30:05", "_2026_03_01_063005"),
            (Stride::Time(1), day(2026, 3, 1), "06:30:00.25", "_2026_03_01_06300025"),
        ] {
            assert_eq!(stride.suffix(day, time), suffix);
        }
    }

    #[test]
    fn quarters_begin_in_every_third_month() {
        let firsts: Vec<u8> = (1..=12).filter_map(|m| QUARTER.first(day(2026, m, 9))).map(|d| d.month).collect();
        assert_eq!(firsts, [1, 1, 1, 4, 4, 4, 7, 7, 7, 10, 10, 10]);
        assert_eq!(YEAR.first(day(2024, 2, 29)), Some(day(2024, 1, 1)));
        assert_eq!(WEEK.first(day(2026, 1, 1)), None);
    }
}
