//! Which rows partitions of a length can hold, by what SQL tells of their keys; all others stay where they are.
#![forbid(unsafe_code)]

use super::encoding::{Encoding, Number};
use super::key::Key;
use super::plan::literal;

/// A time, in the server's words and in microseconds since 1970.
type Time = (&'static str, i128);

/// The first day that a name of a partition has a place for.
const FIRST: Time = ("0001-01-01", -62_135_596_800_000_000);

/// The server's calendar ends in 294276: up to here, no bound of a series is beyond it.
const LAST: Time = ("294000-01-01", 9_215_576_668_800_000_000);

/// Texts that begin with a day of the calendar, and nothing behind it or a time.
const ISO: &str = "^(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))\
     |(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)(?:[T ]|$)";
const ULID: &str = "^[0-7][0-9A-HJKMNP-TV-Z]{25}$";
const KSUID: &str = "^[0-9A-Za-z]{27}$";
/// The greatest KSUID: 27 digits can say more than 160 bits.
const LAST_KSUID: &str = "aWgEPTl1tmebfsQzFP4bxwgy80V";

/// SQL of whether a partition of a length can hold a row.
pub(super) fn condition(key: &Key) -> String {
    let column = &key.column;
    let parts = [
        Some(is_whole(key)),
        bound(key, FIRST).map(|first| format!("{column} >= {first}")),
        bound(key, LAST).map(|last| format!("{column} < {last}")),
        form(key).map(|(_, form)| form),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" AND ")
}

/// Kinds of rows that none can hold, each with SQL of whether a row is of it.
pub(super) fn others(key: &Key) -> Vec<(String, String)> {
    let column = &key.column;
    let specials: &[&str] = match key.encoding {
        Encoding::Plain => &["infinity", "-infinity"],
        Encoding::Epoch(_, Number::Numeric) => &["NaN", "Infinity", "-Infinity"],
        _ => &[],
    };
    let mut all = vec![("NULL".to_owned(), format!("NOT ({})", is_whole(key)))];
    let mut add =
        |what: &str, condition: &str| all.push((what.to_owned(), format!("{} AND {condition}", is_whole(key))));
    for special in specials {
        add(special, &format!("{column} = {}", literal(special)));
    }
    let list = specials.iter().map(|special| literal(special)).collect::<Vec<_>>().join(", ");
    let usual = if specials.is_empty() { String::new() } else { format!(" AND {column} NOT IN ({list})") };
    if let Some(first) = bound(key, FIRST) {
        add("before the year 1", &format!("{column} < {first}{usual}"));
    }
    if let Some(last) = bound(key, LAST) {
        add("from the year 294000 on", &format!("{column} >= {last}{usual}"));
    }
    if let Some((what, form)) = form(key) {
        add(&what, &format!("NOT ({form})"));
    }
    all
}

/// A row with a NULL anywhere in its key belongs to the default partition.
fn is_whole(key: &Key) -> String {
    let columns = std::iter::once(&key.column).chain(&key.further);
    columns.map(|column| format!("{column} IS NOT NULL")).collect::<Vec<_>>().join(" AND ")
}

/// The least key of a time; `None` where all keys are on one side of it, as those are that have the form of one.
fn bound(key: &Key, (said, micros): Time) -> Option<String> {
    if key.encoding == Encoding::Iso {
        return None;
    }
    key.encoding.key(micros, said).ok().map(|key| literal(&key))
}

/// SQL of whether a value is a key of its encoding, and what it is else; `None` where every value of the type is one.
pub(super) fn form(key: &Key) -> Option<(String, String)> {
    let column = &key.column;
    let matches = |pattern: &str| format!("{column} ~ {}", literal(pattern));
    let form = match key.encoding {
        Encoding::Plain | Encoding::Epoch(..) => return None,
        // The bounds that partitions have are of no version.
        Encoding::Uuidv7 => {
            let form = format!("substr(({column})::text, 15, 1) IN ('0', '7')");
            return Some(("UUID of another version".to_owned(), form));
        }
        Encoding::Iso => matches(ISO),
        Encoding::Ulid => matches(ULID),
        Encoding::Ksuid => format!("{} AND {column} <= {}", matches(KSUID), literal(LAST_KSUID)),
    };
    Some((format!("not of encoding {}", key.encoding.word()), form))
}
