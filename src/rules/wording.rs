//! Figures in messages.
#![forbid(unsafe_code)]

use crate::facts::{Holder, Relation};

/// A figure with the unit that people read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Quantity {
    /// Rows: `1,000,000`.
    Rows(f64),
    /// Bytes: `65 MB`.
    Bytes(u64),
    /// Seconds: `0.7 s`.
    Seconds(f64),
}

impl Quantity {
    /// A number of things.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of things in memory are exact in a double")]
    pub fn count(number: usize) -> Self {
        Self::Rows(number as f64)
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Self::Rows(rows) => f.write_str(&thousands(rows)),
            Self::Bytes(bytes) => f.write_str(&size(bytes)),
            Self::Seconds(seconds) => f.write_str(&duration(seconds)),
        }
    }
}

/// `"orders" has 1,000,000 rows (65 MB).`
#[must_use]
pub fn extent(relation: &Relation) -> String {
    let name = &relation.name;
    match (relation.rows(), relation.bytes()) {
        (Some(rows), Some(bytes)) => {
            format!("\"{name}\" has {} ({}).", counted(rows), Quantity::Bytes(bytes))
        }
        (Some(rows), None) => format!("\"{name}\" has {}.", counted(rows)),
        (None, Some(bytes)) => format!("\"{name}\" has {}; its rows were never counted.", Quantity::Bytes(bytes)),
        (None, None) if name.is_empty() => "Its table is not known here and taken to be large.".to_owned(),
        (None, None) => format!("\"{name}\" is not known here and taken to be large."),
    }
}

/// `1,000,000 rows`.
fn counted(rows: f64) -> String {
    let number = Quantity::Rows(rows).to_string();
    let noun = if number == "1" { "row" } else { "rows" };
    format!("{number} {noun}")
}

/// `1,000,000 rows are`, or `every row is` where they were never counted.
#[must_use]
pub fn rows_are(relation: &Relation) -> String {
    relation.rows().map_or_else(|| "every row is".to_owned(), |rows| format!("{} rows are", Quantity::Rows(rows)))
}

/// More sessions than these are counted, not named.
const MOST_HOLDERS: usize = 3;

/// Those who are in the way: `pid 4711 (...): ROW EXCLUSIVE; and 2 more`.
#[must_use]
pub fn holders(holders: &[Holder]) -> String {
    let mut said = holders.iter().take(MOST_HOLDERS).map(holder).collect::<Vec<_>>().join("; ");
    if holders.len() > MOST_HOLDERS {
        said.push_str(&format!("; and {} more", holders.len() - MOST_HOLDERS));
    }
    said
}

/// `pid 4711 (psql of app, idle in transaction, transaction 12 min old): ROW EXCLUSIVE`.
fn holder(holder: &Holder) -> String {
    let who = holder.pid.map_or_else(|| "prepared transaction".to_owned(), |pid| format!("pid {pid}"));
    let age = |what: &str, seconds: Option<f64>| seconds.map(|s| format!("{what} {} old", Quantity::Seconds(s)));
    let details: Vec<_> = [Some(holder.name.clone()), Some(holder.state.clone())]
        .into_iter()
        .chain([age("transaction", holder.transaction_age), age("query", holder.query_age)])
        .flatten()
        .filter(|detail| !detail.is_empty())
        .collect();
    let details = if details.is_empty() { String::new() } else { format!(" ({})", details.join(", ")) };
    let waits = if holder.granted { "" } else { "waits for " };
    format!("{who}{details}: {waits}{}", holder.lock.name())
}

fn thousands(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// As `pg_size_pretty` words it: the unit changes at ten times 1024.
#[expect(clippy::cast_precision_loss, reason = "a size is shown in two to five digits")]
fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["bytes", "kB", "MB", "GB"] {
        if value < 10_240.0 {
            return format!("{value:.0} {unit}");
        }
        value /= 1024.0;
    }
    format!("{value:.0} TB")
}

fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.095 => format!("{:.0} ms", (s * 1_000.0).max(1.0)),
        s if s < 10.0 => format!("{s:.1} s"),
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.0} h", s / 3_600.0),
    }
}

/// A name as SQL, quoted wherever it might need it. `Facts::quote` asks the server, which also knows its keywords.
#[must_use]
pub fn quote_ident(name: &str) -> String {
    let plain = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b == b'_')
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        let shown = |q: Quantity| q.to_string();
        assert_eq!(shown(Quantity::Rows(1_000_000.0)), "1,000,000");
        assert_eq!(shown(Quantity::Rows(999.0)), "999");
        assert_eq!(shown(Quantity::Bytes(68_272_128)), "65 MB");
        assert_eq!(shown(Quantity::Bytes(8_192)), "8192 bytes");
        assert_eq!(shown(Quantity::Bytes(40_960)), "40 kB");
        assert_eq!(shown(Quantity::Seconds(0.7)), "0.7 s");
        assert_eq!(shown(Quantity::Seconds(0.01)), "10 ms");
        assert_eq!(shown(Quantity::Seconds(0.0)), "1 ms");
        assert_eq!(shown(Quantity::Seconds(600.0)), "10 min");
    }

    #[test]
    fn names_are_quoted_where_they_need_it() {
        assert_eq!(quote_ident("orders"), "orders");
        assert_eq!(quote_ident("Orders"), "\"Orders\"");
        assert_eq!(quote_ident("a\"b"), "\"a\"\"b\"");
        assert_eq!(quote_ident(""), "\"\"");
    }
}
