//! What the names of a managed table's partitions have behind the table's: `pYYYYMMDD`.
#![forbid(unsafe_code)]

use super::bounds::Day;
use super::plan::literal;
use super::stride::Stride;
use crate::error::{Code, Error};

/// A part of the time at which a partition begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    Quarter,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

/// Words as `to_char` knows them.
const WORDS: [(&str, Part); 7] = [
    ("YYYY", Part::Year),
    ("Q", Part::Quarter),
    ("MM", Part::Month),
    ("DD", Part::Day),
    ("HH24", Part::Hour),
    ("MI", Part::Minute),
    ("SS", Part::Second),
];

/// A piece of a format.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Time(Part),
    Text(char),
}

/// The longest format: the table's name is to be seen beside it.
const LONGEST: usize = 32;

/// Refuses what is no format, or would give partitions of this length the same name.
///
/// # Errors
/// 22023.
pub(super) fn check(format: &str, stride: Stride) -> Result<(), Error> {
    let pieces = pieces(format)?;
    if enough(stride).iter().any(|parts| parts.iter().all(|part| pieces.contains(&Piece::Time(*part)))) {
        return Ok(());
    }
    Err(Error::new(
        Code::InvalidParameter,
        format!("name_format {} gives several partitions the same name", literal(format)),
    )
    .hint("It needs all parts of the time at which a partition begins, down to the last that tells them apart."))
}

/// Sets of parts of which one tells partitions of a length apart.
fn enough(stride: Stride) -> &'static [&'static [Part]] {
    use Part::{Day, Hour, Minute, Month, Quarter, Second, Year};
    match stride {
        Stride::Months(12..) => &[&[Year]],
        Stride::Months(3..) => &[&[Year, Quarter], &[Year, Month]],
        Stride::Months(_) => &[&[Year, Month]],
        Stride::Days(_) => &[&[Year, Month, Day]],
        Stride::Time(3_600_000_000..) => &[&[Year, Month, Day, Hour]],
        Stride::Time(60_000_000..) => &[&[Year, Month, Day, Hour, Minute]],
        Stride::Time(_) => &[&[Year, Month, Day, Hour, Minute, Second]],
    }
}

/// What is behind the table's name where a partition begins on this day, at this time.
///
/// # Errors
/// 22023 for what is no format.
pub(super) fn suffix(format: &str, day: Day, time: &str) -> Result<String, Error> {
    let Day { year, month, of_month } = day;
    let clock = |from: usize| time.get(from..from + 2).unwrap_or_default().to_owned();
    let piece = |piece: &Piece| match piece {
        Piece::Text(c) => c.to_string(),
        Piece::Time(Part::Year) => format!("{year:04}"),
        Piece::Time(Part::Quarter) => month.div_ceil(3).to_string(),
        Piece::Time(Part::Month) => format!("{month:02}"),
        Piece::Time(Part::Day) => format!("{of_month:02}"),
        Piece::Time(Part::Hour) => clock(0),
        Piece::Time(Part::Minute) => clock(3),
        Piece::Time(Part::Second) => clock(6),
    };
    Ok(format!("_{}", pieces(format)?.iter().map(piece).collect::<String>()))
}

fn pieces(format: &str) -> Result<Vec<Piece>, Error> {
    let invalid = || {
        Error::new(Code::InvalidParameter, format!("invalid value for name_format: {}", literal(format))).hint(
            "Up to 32 characters: YYYY, Q, MM, DD, HH24, MI and SS for where a partition begins; small letters, digits and _ as they are.",
        )
    };
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        let word = WORDS.iter().find_map(|(word, part)| Some((Piece::Time(*part), rest.strip_prefix(word)?)));
        let is_plain = first.is_ascii_lowercase() || first.is_ascii_digit() || first == '_';
        let text = is_plain.then(|| (Piece::Text(first), &rest[first.len_utf8()..]));
        let (piece, behind) = word.or(text).ok_or_else(invalid)?;
        pieces.push(piece);
        rest = behind;
    }
    if pieces.is_empty() || format.len() > LONGEST { Err(invalid()) } else { Ok(pieces) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Day = Day { year: 2026, month: 3, of_month: 9 };

    #[test]
    fn names_are_as_the_format_says() {
        for (format, expected) in [
            ("pYYYYMMDD", "_p20260309"),
            ("YYYY_MM", "_2026_03"),
            ("YYYYqQ", "_2026q1"),
            ("p_YYYY_MM_DD_HH24MISS", "_p_2026_03_09_070502"),
        ] {
            assert_eq!(suffix(format, DAY, "07:05:02.5").ok().as_deref(), Some(expected), "{format}");
        }
        assert_eq!(suffix("YYYYMM", Day { year: 10_000, ..DAY }, "00:00:00").ok().as_deref(), Some("_1000003"));
    }

    #[test]
    fn what_is_no_format_is_refused() {
        for format in ["", "YYYYmmX", "YYY", "YYYY-MM", "YYYY MM", "YYYY\"", "\u{fc}YYYY", &"YYYY".repeat(9)] {
            assert!(suffix(format, DAY, "00:00:00").is_err(), "{format}");
        }
    }

    #[test]
    fn partitions_have_names_of_their_own() {
        for (format, stride, is_enough) in [
            ("YYYY", Stride::Months(12), true),
            ("MM", Stride::Months(12), false),
            ("YYYYqQ", Stride::Months(3), true),
            ("YYYYMM", Stride::Months(6), true),
            ("YYYYqQ", Stride::Months(1), false),
            ("YYYYMM", Stride::Months(1), true),
            ("YYYYMM", Stride::Days(7), false),
            ("YYYYMMDD", Stride::Days(1), true),
            ("YYYYMMDD", Stride::Time(3_600_000_000), false),
            ("YYYYMMDDHH24", Stride::Time(3_600_000_000), true),
            ("YYYYMMDDHH24", Stride::Time(1_800_000_000), false),
            ("YYYYMMDDHH24MI", Stride::Time(60_000_000), true),
            ("YYYYMMDDHH24MI", Stride::Time(1_000_000), false),
            ("YYYYMMDDHH24MISS", Stride::Time(1_000_000), true),
        ] {
            assert_eq!(check(format, stride).is_ok(), is_enough, "{format} {stride:?}");
        }
    }
}
