//! Keys that hold a time in another form than the server's: an instant becomes a bound and a bound an instant, exactly.
//!
//! The bound of an instant is the least key of it, so that the upper bound of one partition is the lower bound of the next,
//! bit for bit. The calendar is the server's: instants arrive as microseconds since 1970.
#![forbid(unsafe_code)]

use super::bounds::{DAY, Day, Edge, Point, Tail};
use super::key::Kind;
use crate::error::{Code, Error};

const SECOND: i128 = 1_000_000;
/// Where KSUIDs begin to count, in seconds: 2014-05-13 16:53:20 UTC.
const KSUID_EPOCH: i128 = 1_400_000_000;
/// 2000-01-01, where the server's days begin, in days of 1970.
const DAYS_TO_2000: i64 = 10_957;
/// Beyond all that the server calls a time, and far enough from the end of `i128` to be added and subtracted.
const FAR: i128 = 10_i128.pow(36);

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How the first column of a key says a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// As the server's own type.
    Plain,
    /// A number of units since 1970.
    Epoch(Unit, Number),
    /// 48 bits of milliseconds since 1970, then others.
    Uuidv7,
    /// A text that begins with year, month and day.
    Iso,
    /// 48 bits of milliseconds since 1970, then 80 others, as 26 digits.
    Ulid,
    /// 32 bits of seconds since 2014, then 128 others, as 27 digits.
    Ksuid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

/// The type of an epoch key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Number {
    Integer,
    Bigint,
    Numeric,
}

impl Unit {
    fn of_a_second(self) -> i128 {
        match self {
            Self::Second => 1,
            Self::Millisecond => 1_000,
            Self::Microsecond => 1_000_000,
            Self::Nanosecond => 1_000_000_000,
        }
    }
}

impl Number {
    fn type_name(self) -> &'static str {
        match self {
            Self::Integer => "integer",
            Self::Bigint => "bigint",
            Self::Numeric => "numeric",
        }
    }

    fn holds(self, value: i128) -> bool {
        match self {
            Self::Integer => i32::try_from(value).is_ok(),
            Self::Bigint => i64::try_from(value).is_ok(),
            Self::Numeric => true,
        }
    }
}

/// The word for types that say a time by themselves.
pub(crate) const AUTO: &str = "auto";

impl Encoding {
    /// What a key of this type is, as its policy declares it; `None`: no time. `bytewise`: texts are sorted by their bytes.
    pub(crate) fn of(type_name: &str, declared: Option<&str>, bytewise: bool) -> Option<(Kind, Self)> {
        if let Some(kind) = Kind::of(type_name) {
            return Some((kind, Self::Plain));
        }
        let epoch = |number| Unit::named(declared?).map(|unit| (Kind::Instant, Self::Epoch(unit, number)));
        match type_name {
            "uuid" => Some((Kind::Instant, Self::Uuidv7)),
            "integer" => epoch(Number::Integer),
            "bigint" => epoch(Number::Bigint),
            "numeric" => epoch(Number::Numeric),
            "text" if bytewise => match declared? {
                "text:iso" => Some((Kind::Date, Self::Iso)),
                "text:ulid" => Some((Kind::Instant, Self::Ulid)),
                "text:ksuid" => Some((Kind::Instant, Self::Ksuid)),
                _ => None,
            },
            _ => None,
        }
    }

    /// The encoding that [`Encoding::word`] says. Numbers are of any size.
    pub(crate) fn named(word: &str) -> Option<Self> {
        match word {
            "uuidv7" => Some(Self::Uuidv7),
            "text:iso" => Some(Self::Iso),
            "text:ulid" => Some(Self::Ulid),
            "text:ksuid" => Some(Self::Ksuid),
            _ => Unit::named(word).map(|unit| Self::Epoch(unit, Number::Numeric)),
        }
    }

    /// As a policy says it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Plain => AUTO,
            Self::Epoch(unit, _) => unit.word(),
            Self::Uuidv7 => "uuidv7",
            Self::Iso => "text:iso",
            Self::Ulid => "text:ulid",
            Self::Ksuid => "text:ksuid",
        }
    }

    /// The bound of an instant; `said` is what messages call it.
    ///
    /// # Errors
    /// The instant lies between two keys, or no key is of it.
    pub(crate) fn bound(self, micros: i128, said: &str) -> Result<String, Error> {
        let key = self.key(micros, said)?;
        match self.read(&key) {
            Some(Edge { point, tail: Tail::Least }) if point == Point::At(micros) => Ok(key),
            _ => {
                Err(Error::new(Code::InvalidParameter, format!("no key of encoding {} begins at {said}", self.word()))
                    .detail(format!("It counts {}.", self.counts())))
            }
        }
    }

    fn counts(self) -> &'static str {
        match self {
            Self::Epoch(Unit::Second, _) | Self::Ksuid => "seconds",
            Self::Epoch(Unit::Millisecond, _) | Self::Uuidv7 | Self::Ulid => "milliseconds",
            Self::Iso => "days",
            Self::Plain | Self::Epoch(..) => "microseconds",
        }
    }

    /// The least key of the unit that an instant lies in.
    ///
    /// # Errors
    /// No key is of the instant.
    pub(crate) fn key(self, micros: i128, said: &str) -> Result<String, Error> {
        let none = |what: &str, detail: &str| {
            Err(Error::new(Code::DatetimeOverflow, format!("no {what} is of {said}")).detail(detail))
        };
        match self {
            Self::Plain => Ok(said.to_owned()),
            Self::Epoch(unit, number) => {
                let value = (micros * unit.of_a_second()).div_euclid(SECOND);
                if number.holds(value) { Ok(value.to_string()) } else { Err(too_large(value, number, said)) }
            }
            Self::Uuidv7 => milliseconds(micros).map_or_else(
                || {
                    none(
                        "UUID of version 7",
                        "They count the milliseconds since 1970 in 48 bits, which last until the year 10889.",
                    )
                },
                |ms| Ok(uuid(ms << 80)),
            ),
            Self::Ulid => milliseconds(micros).map_or_else(
                || none("ULID", "They count the milliseconds since 1970 in 48 bits, which last until the year 10889."),
                |ms| Ok(ulid(ms << 80)),
            ),
            Self::Ksuid => u32::try_from(micros.div_euclid(SECOND) - KSUID_EPOCH).map_or_else(
                |_| {
                    none(
                        "KSUID",
                        "They count the seconds since 2014-05-13 16:53:20 UTC in 32 bits, which last until 2150.",
                    )
                },
                |seconds| Ok(ksuid(seconds)),
            ),
            Self::Iso => iso(micros)
                .map_or_else(|| none("text of ISO 8601", "Years from 0001 to 9999 sort as their texts do."), Ok),
        }
    }

    /// Where a key lies on the line of time; `None`: not a key of this encoding.
    pub(crate) fn read(self, text: &str) -> Option<Edge> {
        let (point, is_least) = match self {
            Self::Plain => None,
            Self::Epoch(unit, _) => read_number(text, unit),
            Self::Uuidv7 => read_uuid(text).map(of_milliseconds),
            Self::Ulid => read_ulid(text).map(of_milliseconds),
            Self::Ksuid => read_ksuid(text),
            Self::Iso => read_iso(text),
        }?;
        // Of keys within one unit of time, some lie above a bound and some below.
        Some(Edge { point, tail: if is_least { Tail::Least } else { Tail::Within } })
    }

    /// Whether any key that is no time of the server's could be written like this.
    pub(crate) fn could_be_key(text: &str) -> bool {
        read_number(text, Unit::Second).is_some()
            || read_uuid(text).is_some()
            || read_ulid(text).is_some()
            || read_ksuid(text).is_some()
            || read_iso(text).is_some_and(|(_, is_least)| !is_least)
    }
}

impl Unit {
    fn named(word: &str) -> Option<Self> {
        [Self::Second, Self::Millisecond, Self::Microsecond, Self::Nanosecond]
            .into_iter()
            .find(|unit| unit.word() == word)
    }

    fn word(self) -> &'static str {
        match self {
            Self::Second => "epoch_s",
            Self::Millisecond => "epoch_ms",
            Self::Microsecond => "epoch_us",
            Self::Nanosecond => "epoch_ns",
        }
    }
}

fn too_large(value: i128, number: Number, said: &str) -> Error {
    let wider = if number == Number::Integer { "Use bigint." } else { "Use numeric, or a coarser encoding." };
    Error::new(Code::NumericOutOfRange, format!("{value} is out of range for type {}", number.type_name()))
        .detail(format!("It would be the key of {said}."))
        .hint(wider)
}

/// Milliseconds since 1970, where 48 bits hold them.
fn milliseconds(micros: i128) -> Option<u128> {
    u128::try_from(micros.div_euclid(1_000)).ok().filter(|ms| *ms < 1 << 48)
}

/// The time of 128 bits that begin with 48 of milliseconds, and whether they are the least of it.
fn of_milliseconds(bits: u128) -> (Point, bool) {
    let ms = i128::try_from(bits >> 80).unwrap_or_default();
    (Point::At(ms * 1_000), bits & ((1 << 80) - 1) == 0)
}

fn uuid(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

fn read_uuid(text: &str) -> Option<u128> {
    let text = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let is_hex = digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit());
    is_hex.then(|| u128::from_str_radix(&digits, 16).ok()).flatten()
}

fn ulid(bits: u128) -> String {
    (0..26).rev().map(|n| char::from(CROCKFORD[usize::try_from((bits >> (5 * n)) & 31).unwrap_or_default()])).collect()
}

fn read_ulid(text: &str) -> Option<u128> {
    // 26 digits of 5 bits are two more than there are.
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return None;
    }
    text.bytes().try_fold(0, |bits: u128, byte| {
        let digit = CROCKFORD.iter().position(|c| *c == byte)?;
        Some(bits << 5 | u128::try_from(digit).ok()?)
    })
}

/// The least KSUID of a second: 160 bits, the first 32 of which count.
fn ksuid(seconds: u32) -> String {
    let mut limbs = [seconds, 0, 0, 0, 0];
    let mut digits = [b'0'; 27];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u64;
        for limb in &mut limbs {
            let value = rest << 32 | u64::from(*limb);
            *limb = u32::try_from(value / 62).unwrap_or_default();
            rest = value % 62;
        }
        *digit = BASE62[usize::try_from(rest).unwrap_or_default()];
    }
    digits.iter().map(|b| char::from(*b)).collect()
}

fn read_ksuid(text: &str) -> Option<(Point, bool)> {
    if text.len() != 27 {
        return None;
    }
    let mut limbs = [0_u32; 5];
    for byte in text.bytes() {
        let mut carry = u64::try_from(BASE62.iter().position(|c| *c == byte)?).ok()?;
        for limb in limbs.iter_mut().rev() {
            let value = u64::from(*limb) * 62 + carry;
            *limb = u32::try_from(value & 0xffff_ffff).unwrap_or_default();
            carry = value >> 32;
        }
        if carry != 0 {
            return None;
        }
    }
    let [seconds, payload @ ..] = limbs;
    Some((Point::At((i128::from(seconds) + KSUID_EPOCH) * SECOND), payload == [0; 4]))
}

/// A whole number, or one with a fraction, as the server prints `numeric`.
fn read_number(text: &str, unit: Unit) -> Option<(Point, bool)> {
    match text {
        "Infinity" => return Some((Point::Future, true)),
        "-Infinity" => return Some((Point::Past, true)),
        // Above every number.
        "NaN" => return Some((Point::Future, false)),
        _ => {}
    }
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > 28 {
        return Some((Point::At(if negative { -FAR } else { FAR }), false));
    }
    let size: i128 = format!("0{whole}").parse().ok()?;
    let is_whole = fraction.bytes().all(|b| b == b'0');
    let value = match (negative, is_whole) {
        (false, _) => size,
        (true, true) => -size,
        (true, false) => -size - 1,
    };
    let micros = value * SECOND;
    let per_second = unit.of_a_second();
    Some((Point::At(micros.div_euclid(per_second)), is_whole && micros.rem_euclid(per_second) == 0))
}

fn iso(micros: i128) -> Option<String> {
    let days = i64::try_from(micros.div_euclid(DAY)).ok()? - DAYS_TO_2000;
    let day = Day::from_epoch_days(i32::try_from(days).ok()?);
    (1..=9999).contains(&day.year).then(|| day.to_string())
}

fn read_iso(text: &str) -> Option<(Point, bool)> {
    let (date, rest) = text.split_at_checked(10)?;
    let number = |range: core::ops::Range<usize>| -> Option<u32> {
        let digits = &date.as_bytes()[range];
        digits.iter().all(u8::is_ascii_digit).then(|| digits.iter().fold(0, |n, b| n * 10 + u32::from(b - b'0')))
    };
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let dashes = date.as_bytes()[4] == b'-' && date.as_bytes()[7] == b'-';
    if !dashes || !(rest.is_empty() || rest.starts_with(['T', ' '])) {
        return None;
    }
    let wanted = Day { year: i64::from(year), month: u8::try_from(month).ok()?, of_month: u8::try_from(day).ok()? };
    let days = days_to(wanted)?;
    Some((Point::At(i128::from(days + DAYS_TO_2000) * DAY), rest.is_empty()))
}

/// Days from 2000-01-01 to a day; `None` where there is no such day.
fn days_to(day: Day) -> Option<i64> {
    if day.year < 1 || !(1..=12).contains(&day.month) {
        return None;
    }
    // Years begin in March here, so that a leap day is the last of its year.
    let year = day.year - i64::from(day.month <= 2);
    let month_from_march = i64::from((day.month + 9) % 12);
    let days =
        year * 365 + year / 4 - year / 100 + year / 400 + (153 * month_from_march + 2) / 5 + i64::from(day.of_month)
            - 1
            - 730_425;
    (Day::from_epoch_days(i32::try_from(days).ok()?) == day).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    const JANUARY: i128 = 1_767_225_600 * SECOND;
    const FEBRUARY: i128 = 1_769_904_000 * SECOND;

    const fn epoch(unit: Unit) -> Encoding {
        Encoding::Epoch(unit, Number::Numeric)
    }

    const ALL: [Encoding; 8] = [
        epoch(Unit::Second),
        epoch(Unit::Millisecond),
        epoch(Unit::Microsecond),
        epoch(Unit::Nanosecond),
        Encoding::Uuidv7,
        Encoding::Iso,
        Encoding::Ulid,
        Encoding::Ksuid,
    ];

    #[test]
    fn bounds_are_the_least_keys_of_their_time() {
        for (encoding, january, february) in [
            (epoch(Unit::Second), "1767225600", "1769904000"),
            (epoch(Unit::Millisecond), "1767225600000", "1769904000000"),
            (epoch(Unit::Microsecond), "1767225600000000", "1769904000000000"),
            (epoch(Unit::Nanosecond), "1767225600000000000", "1769904000000000000"),
            (Encoding::Uuidv7, "019b76da-a800-0000-0000-000000000000", "019c167f-cc00-0000-0000-000000000000"),
            (Encoding::Iso, "2026-01-01", "2026-02-01"),
            (Encoding::Ulid, "01KDVDNA000000000000000000", "01KGB7ZK000000000000000000"),
        ] {
            assert_eq!(encoding.bound(JANUARY, "").as_deref(), Ok(january));
            assert_eq!(encoding.bound(FEBRUARY, "").as_deref(), Ok(february));
        }
        // As the reference implementation has them: the first of all, and the last.
        assert_eq!(Encoding::Ksuid.bound(KSUID_EPOCH * SECOND, "").as_deref(), Ok("000000000000000000000000000"));
        let last = Encoding::Ksuid.bound((KSUID_EPOCH + i128::from(u32::MAX)) * SECOND, "");
        assert!(last.as_ref().is_ok_and(|last| last.starts_with("aWgEP")), "{last:?}");
        assert_eq!(Encoding::Ksuid.read("aWgEPTl1tmebfsQzFP4bxwgy80V").map(|e| e.tail), Some(Tail::Within));
        assert_eq!(Encoding::Ksuid.read("aWgEPTl1tmebfsQzFP4bxwgy80W"), None);
        // 2017-10-10 04:00:47 UTC, of the README of segmentio/ksuid.
        assert_eq!(
            Encoding::Ksuid.read("0ujtsYcgvSTl8PAuAdqWYSMnLOv").map(|e| e.point),
            Some(Point::At(1_507_608_047 * SECOND))
        );
    }

    /// Many instants: what is written is read again, and keys sort as their times do.
    #[test]
    fn bounds_are_read_as_they_are_written_and_sort_like_times() {
        for encoding in ALL {
            let mut before: Option<(i128, String)> = None;
            for n in 0..40_000_i128 {
                let micros = 1_400_112_000 * SECOND + n * DAY / 4;
                let Ok(key) = encoding.bound(micros, "") else {
                    assert_eq!(encoding, Encoding::Iso);
                    continue;
                };
                assert_eq!(encoding.read(&key), Some(Edge::before(Point::At(micros))), "{key}");
                if let Some((_, last)) = before.replace((micros, key.clone())) {
                    assert!((last.len(), &last) < (key.len(), &key), "{last} {key}");
                }
            }
        }
    }

    #[test]
    fn what_lies_within_a_unit_is_told_from_its_beginning() {
        for (encoding, key, micros) in [
            (epoch(Unit::Nanosecond), "1767225600000000001", JANUARY),
            (epoch(Unit::Second), "1767225600.5", JANUARY),
            (epoch(Unit::Second), "-0.5", -SECOND),
            (epoch(Unit::Nanosecond), "-1", -1),
            (Encoding::Uuidv7, "019B76DA-A800-7000-8000-000000000001", JANUARY),
            (Encoding::Iso, "2026-01-01T00:00:00Z", JANUARY),
            (Encoding::Iso, "2026-01-01 23:59", JANUARY),
            (Encoding::Ulid, "01KDVDNA00000000000000000Z", JANUARY),
        ] {
            let edge = Edge { point: Point::At(micros), tail: Tail::Within };
            assert_eq!(encoding.read(key), Some(edge), "{key}");
        }
        assert_eq!(epoch(Unit::Millisecond).read("-1500"), Some(Edge::before(Point::At(-1_500_000))));
        assert_eq!(epoch(Unit::Second).read("007.00"), Some(Edge::before(Point::At(7 * SECOND))));
    }

    #[test]
    fn what_is_no_key_is_not_read() {
        for text in ["", "-", "x", "1e9", "+1", "1.", ".5", "--1", "2026-01-01", " 1"] {
            assert_eq!(epoch(Unit::Second).read(text), None, "{text}");
        }
        for text in [
            "",
            "2026-02-30",
            "2026-13-01",
            "2025-02-29",
            "2026-1-1",
            "2026-01-01x",
            "0000-01-01",
            "2026/01/01",
            "20260101ab",
            "\u{fc}\u{fc}\u{fc}\u{fc}\u{fc}",
        ] {
            assert_eq!(Encoding::Iso.read(text), None, "{text}");
        }
        for text in ["", "019b76da", "z19b76da-a800-0000-0000-000000000000", "{019b76da-a800-0000-0000-00000000000"] {
            assert_eq!(Encoding::Uuidv7.read(text), None, "{text}");
        }
        for text in [
            "01kdvdna000000000000000000",
            "81KDVDNA000000000000000000",
            "01KDVDNA00000000000000000",
            "U1KDVDNA000000000000000000",
        ] {
            assert_eq!(Encoding::Ulid.read(text), None, "{text}");
        }
        assert_eq!(Encoding::Plain.read("1"), None);
    }

    #[test]
    fn times_without_a_key_are_refused() {
        let code = |encoding: Encoding, micros| encoding.bound(micros, "then").map_err(|e| e.code());
        assert_eq!(code(epoch(Unit::Second), 500_000), Err(Code::InvalidParameter));
        assert_eq!(code(Encoding::Uuidv7, 1), Err(Code::InvalidParameter));
        assert_eq!(code(Encoding::Uuidv7, -1_000), Err(Code::DatetimeOverflow));
        assert_eq!(code(Encoding::Ulid, (1 << 48) * 1_000), Err(Code::DatetimeOverflow));
        assert_eq!(code(Encoding::Ksuid, 0), Err(Code::DatetimeOverflow));
        assert_eq!(code(Encoding::Iso, SECOND), Err(Code::InvalidParameter));
        // 10000-01-01
        assert_eq!(code(Encoding::Iso, 253_402_300_800 * SECOND), Err(Code::DatetimeOverflow));
        let int4 = Encoding::Epoch(Unit::Second, Number::Integer);
        assert!(int4.bound(2_145_916_800 * SECOND, "").is_ok());
        assert_eq!(code(int4, 2_148_595_200 * SECOND), Err(Code::NumericOutOfRange));
        assert_eq!(
            code(Encoding::Epoch(Unit::Nanosecond, Number::Bigint), 9_223_372_800 * SECOND),
            Err(Code::NumericOutOfRange)
        );
        assert!(int4.bound(-5 * SECOND, "").is_ok_and(|key| key == "-5"));
    }

    #[test]
    fn numbers_beyond_all_times_are_far_and_can_be_subtracted() {
        for (text, point) in [("9".repeat(60), FAR), (format!("-{}", "9".repeat(60)), -FAR)] {
            assert_eq!(epoch(Unit::Second).read(&text).map(|e| e.point), Some(Point::At(point)));
        }
        assert!(FAR.checked_sub(-FAR).is_some());
        assert_eq!(epoch(Unit::Second).read("NaN").map(|e| e.point), Some(Point::Future));
    }

    #[test]
    fn words_name_encodings() {
        for encoding in ALL {
            assert_eq!(Encoding::named(encoding.word()), Some(encoding));
        }
        assert_eq!(Encoding::named("auto"), None);
        assert_eq!(Encoding::of("uuid", None, false), Some((Kind::Instant, Encoding::Uuidv7)));
        assert_eq!(Encoding::of("text", Some("text:iso"), false), None);
        assert_eq!(Encoding::of("bigint", Some("auto"), false), None);
        assert_eq!(Encoding::of("bigint", None, false), None);
    }
}
