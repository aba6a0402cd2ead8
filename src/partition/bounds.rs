//! Ranges of time, compared: pure arithmetic over what the server evaluated.
//!
//! Dates and times arrive as microseconds and as the server's own text; nothing here knows a calendar rule or a time
//! zone beyond the name of a day.
#![forbid(unsafe_code)]

use std::fmt::{self, Write as _};

/// Microseconds of a day.
pub(crate) const DAY: i128 = 24 * HOUR;
const HOUR: i128 = 3_600_000_000;
const MINUTE: i128 = 60_000_000;
const SECOND: i128 = 1_000_000;

/// A place on the time line of a key, in the order the server sorts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Point {
    /// `MINVALUE`: below every value.
    Below,
    /// `-infinity`.
    Past,
    /// Microseconds since 1970, of the wall clock or of UTC.
    At(i128),
    /// `infinity`.
    Future,
    /// `MAXVALUE`: above every value.
    Above,
}

/// What the further columns of a key say behind the first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tail {
    /// Every row with this first value lies above; so it is, too, where there are no further columns.
    Least,
    /// Some rows with this first value lie above, some below.
    Within,
    /// Every row with this first value lies below.
    Greatest,
}

/// One end of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Edge {
    pub(crate) point: Point,
    pub(crate) tail: Tail,
}

impl Edge {
    /// The edge before all rows of this point.
    pub(crate) fn before(point: Point) -> Self {
        Self { point, tail: if point == Point::Above { Tail::Greatest } else { Tail::Least } }
    }
}

/// From `lower`, included, to `upper`, excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) lower: Edge,
    pub(crate) upper: Edge,
}

/// How a wanted range lies to a present one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meeting {
    /// The bounds are the same.
    Same,
    /// The present one holds all of the wanted one, and more.
    Covered,
    /// They share a part.
    Overlap,
    /// They share nothing.
    Apart,
}

impl Range {
    /// How this wanted range lies to a `present` one.
    pub(crate) fn meets(&self, present: &Self) -> Meeting {
        if self == present {
            Meeting::Same
        } else if self.upper <= present.lower || present.upper <= self.lower {
            Meeting::Apart
        } else if present.lower <= self.lower && self.upper <= present.upper {
            Meeting::Covered
        } else {
            Meeting::Overlap
        }
    }
}

/// One value of a bound as the server prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    Min,
    Max,
    /// The text of a literal, without its quotes.
    Literal(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Min => "MINVALUE",
            Self::Max => "MAXVALUE",
            Self::Literal(text) => text,
        })
    }
}

/// A partition's bound, taken apart but not yet evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Bound {
    Default,
    Range { lower: Vec<Value>, upper: Vec<Value> },
}

/// Reads what `pg_get_expr(relpartbound, oid)` prints. `None` for anything but a range or the default.
pub(crate) fn parse_bound(text: &str) -> Option<Bound> {
    if text.trim() == "DEFAULT" {
        return Some(Bound::Default);
    }
    let mut rest = text.trim_start().strip_prefix("FOR VALUES FROM ")?;
    let lower = value_list(&mut rest)?;
    rest = rest.strip_prefix(" TO ")?;
    let upper = value_list(&mut rest)?;
    rest.is_empty().then_some(Bound::Range { lower, upper })
}

/// `(value, value, ...)`, cut off the front of `rest`.
fn value_list(rest: &mut &str) -> Option<Vec<Value>> {
    *rest = rest.strip_prefix('(')?;
    let mut values = Vec::new();
    loop {
        values.push(value(rest)?);
        if let Some(more) = rest.strip_prefix(", ") {
            *rest = more;
        } else {
            *rest = rest.strip_prefix(')')?;
            return Some(values);
        }
    }
}

fn value(rest: &mut &str) -> Option<Value> {
    for (word, value) in [("MINVALUE", Value::Min), ("MAXVALUE", Value::Max)] {
        if let Some(more) = rest.strip_prefix(word) {
            *rest = more;
            return Some(value);
        }
    }
    if rest.starts_with('\'') || rest.starts_with("E'") { quoted(rest) } else { bare(rest) }
}

/// A literal without quotes: a number, `true`, `NULL`.
fn bare(rest: &mut &str) -> Option<Value> {
    let end = rest.find([',', ')'])?;
    let (word, more) = rest.split_at(end);
    *rest = more;
    (!word.is_empty()).then(|| Value::Literal(word.to_owned()))
}

fn quoted(rest: &mut &str) -> Option<Value> {
    let (escapes, body) = match rest.strip_prefix('E') {
        Some(body) => (true, body),
        None => (false, *rest),
    };
    let mut text = String::new();
    let mut chars = body.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' if escapes => text.push(chars.next()?.1),
            '\'' if chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
                text.push('\'');
            }
            '\'' => {
                *rest = &body[at + 1..];
                return Some(Value::Literal(text));
            }
            _ => text.push(c),
        }
    }
    None
}

/// The tail that the values behind the first one make.
pub(crate) fn tail(values: &[Value]) -> Tail {
    match values {
        [Value::Min, ..] | [Value::Literal(_)] | [] | [_, Value::Min, ..] => Tail::Least,
        [Value::Max, ..] | [_, Value::Max, ..] => Tail::Greatest,
        [_, Value::Literal(_), ..] => Tail::Within,
    }
}

/// A day of the Gregorian calendar, year 0 being 1 BC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day {
    pub(crate) year: i64,
    pub(crate) month: u8,
    pub(crate) of_month: u8,
}

impl Day {
    /// The day so many days after 2000-01-01, the server's own count.
    pub(crate) fn from_epoch_days(days: i32) -> Self {
        // Counted from 0000-03-01, so that a leap day is the last of its year; 400 years are 146,097 days.
        let days = i64::from(days) + 730_425;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: u8::try_from(month).unwrap_or_default(),
            of_month: u8::try_from(day).unwrap_or_default(),
        }
    }

    /// Whether the date lies before the common era, which no name of a partition can say.
    pub(crate) fn is_bc(self) -> bool {
        self.year < 1
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_bc() {
            write!(f, "{:04}-{:02}-{:02} BC", 1 - self.year, self.month, self.of_month)
        } else {
            write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.of_month)
        }
    }
}

/// A length of time as the server prints intervals: `14 days`, `05:00:00`, `1 day 00:30:00`.
pub(crate) fn length(micros: i128) -> String {
    let (days, rest) = (micros / DAY, micros % DAY);
    let mut text = match days {
        0 => String::new(),
        1 => "1 day".to_owned(),
        _ => format!("{days} days"),
    };
    if rest != 0 || days == 0 {
        if !text.is_empty() {
            text.push(' ');
        }
        let (hours, minutes, seconds) = (rest / HOUR, rest % HOUR / MINUTE, rest % MINUTE / SECOND);
        let _ = write!(text, "{hours:02}:{minutes:02}:{seconds:02}");
        if rest % SECOND != 0 {
            let fraction = format!("{:06}", rest % SECOND);
            let _ = write!(text, ".{}", fraction.trim_end_matches('0'));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i128) -> Edge {
        Edge::before(Point::At(micros))
    }

    fn range(lower: i128, upper: i128) -> Range {
        Range { lower: at(lower), upper: at(upper) }
    }

    fn literal(text: &str) -> Value {
        Value::Literal(text.to_owned())
    }

    #[test]
    fn points_sort_as_the_server_sorts_them() {
        let sorted = [Point::Below, Point::Past, Point::At(-5), Point::At(0), Point::Future, Point::Above];
        assert!(sorted.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn ranges_meet_in_four_ways() {
        let wanted = range(10, 20);
        for (present, meeting) in [
            (range(10, 20), Meeting::Same),
            (range(10, 21), Meeting::Covered),
            (range(9, 20), Meeting::Covered),
            (range(0, 30), Meeting::Covered),
            (range(0, 10), Meeting::Apart),
            (range(20, 30), Meeting::Apart),
            (range(0, 11), Meeting::Overlap),
            (range(19, 30), Meeting::Overlap),
            (range(12, 13), Meeting::Overlap),
            (range(10, 15), Meeting::Overlap),
        ] {
            assert_eq!(wanted.meets(&present), meeting, "{present:?}");
        }
        let all = Range { lower: Edge::before(Point::Below), upper: Edge::before(Point::Above) };
        assert_eq!(wanted.meets(&all), Meeting::Covered);
        let from = Range { lower: at(20), upper: Edge::before(Point::Above) };
        assert_eq!(wanted.meets(&from), Meeting::Apart);
    }

    /// Every pair of small ranges: what `meets` says is what the sets of their points say.
    #[test]
    fn meetings_are_those_of_the_sets() {
        let set = |r: &Range| (0..8).map(|v| r.lower <= at(v) && at(v) < r.upper).collect::<Vec<_>>();
        let all = || (0..8).flat_map(|l| (l + 1..8).map(move |u| range(l, u)));
        for wanted in all() {
            for present in all() {
                let pairs: Vec<_> = set(&wanted).into_iter().zip(set(&present)).collect();
                let expected = if pairs.iter().all(|(w, p)| w == p) {
                    Meeting::Same
                } else if pairs.iter().all(|(w, p)| !(*w && *p)) {
                    Meeting::Apart
                } else if pairs.iter().all(|(w, p)| !*w || *p) {
                    Meeting::Covered
                } else {
                    Meeting::Overlap
                };
                assert_eq!(wanted.meets(&present), expected, "{wanted:?} {present:?}");
            }
        }
    }

    #[test]
    fn further_columns_order_edges_of_the_same_time() {
        let within = Edge { point: Point::At(10), tail: Tail::Within };
        let greatest = Edge { point: Point::At(10), tail: Tail::Greatest };
        assert!(at(10) < within && within < greatest && greatest < at(11));
        let present = Range { lower: within, upper: at(20) };
        assert_eq!(range(10, 20).meets(&present), Meeting::Overlap);
        assert_eq!(range(0, 10).meets(&present), Meeting::Apart);
    }

    #[test]
    fn bounds_are_read_as_the_server_prints_them() {
        assert_eq!(parse_bound("DEFAULT"), Some(Bound::Default));
        let read = |text| match parse_bound(text) {
            Some(Bound::Range { lower, upper }) => (lower, upper),
            other => unreachable!("{text}: {other:?}"),
        };
        assert_eq!(
            read("FOR VALUES FROM ('2026-01-01 00:00:00+00') TO ('2026-02-01 00:00:00+00')"),
            (vec![literal("2026-01-01 00:00:00+00")], vec![literal("2026-02-01 00:00:00+00")])
        );
        assert_eq!(
            read("FOR VALUES FROM (MINVALUE, MINVALUE) TO ('2026-02-01', MAXVALUE)"),
            (vec![Value::Min, Value::Min], vec![literal("2026-02-01"), Value::Max])
        );
        assert_eq!(
            read(
                r"FOR VALUES FROM ('2026-01-01', 'it''s, ) TO (', E'a\\''b', 7) TO (MAXVALUE, MAXVALUE, MAXVALUE, -1)"
            ),
            (
                vec![literal("2026-01-01"), literal("it's, ) TO ("), literal(r"a\'b"), literal("7")],
                vec![Value::Max, Value::Max, Value::Max, literal("-1")]
            )
        );
        for other in
            ["", "FOR VALUES IN (1, 2)", "FOR VALUES WITH (modulus 4, remainder 0)", "FOR VALUES FROM ('a) TO (1)"]
        {
            assert_eq!(parse_bound(other), None, "{other}");
        }
    }

    #[test]
    fn tails_come_from_the_second_value() {
        assert_eq!(tail(&[literal("2026-01-01")]), Tail::Least);
        assert_eq!(tail(&[literal("2026-01-01"), Value::Min]), Tail::Least);
        assert_eq!(tail(&[literal("2026-01-01"), literal("5"), Value::Min]), Tail::Within);
        assert_eq!(tail(&[literal("2026-01-01"), Value::Max]), Tail::Greatest);
        assert_eq!(tail(&[Value::Max, Value::Max]), Tail::Greatest);
        assert_eq!(tail(&[Value::Min, Value::Min]), Tail::Least);
    }

    #[test]
    fn days_have_the_names_the_server_gives_them() {
        for (days, name) in [
            (0, "2000-01-01"),
            (59, "2000-02-29"),
            (9_497, "2026-01-01"),
            (-1, "1999-12-31"),
            (-10_957, "1970-01-01"),
            (-730_119, "0001-01-01"),
            (-730_120, "0001-12-31 BC"),
            (2_921_940, "10000-01-01"),
        ] {
            assert_eq!(Day::from_epoch_days(days).to_string(), name);
        }
    }

    /// Over 800 years: each day follows the one before by the rules of the calendar.
    #[test]
    fn days_follow_each_other() {
        let length = |year: i64, month: u8| match month {
            2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let mut day = Day::from_epoch_days(-146_097);
        assert_eq!(day, Day { year: 1600, month: 1, of_month: 1 });
        for days in -146_096..=146_097 {
            let next = Day::from_epoch_days(days);
            let expected = if day.of_month < length(day.year, day.month) {
                Day { of_month: day.of_month + 1, ..day }
            } else if day.month < 12 {
                Day { year: day.year, month: day.month + 1, of_month: 1 }
            } else {
                Day { year: day.year + 1, month: 1, of_month: 1 }
            };
            assert_eq!(next, expected);
            day = next;
        }
        assert_eq!(day, Day { year: 2400, month: 1, of_month: 1 });
        assert!(Day::from_epoch_days(i32::MAX) > Day::from_epoch_days(i32::MIN));
    }

    #[test]
    fn lengths_read_like_intervals() {
        for (micros, text) in [
            (5 * HOUR, "05:00:00"),
            (14 * DAY, "14 days"),
            (DAY, "1 day"),
            (DAY + 30 * MINUTE, "1 day 00:30:00"),
            (1_500_000, "00:00:01.5"),
        ] {
            assert_eq!(length(micros), text);
        }
    }
}
