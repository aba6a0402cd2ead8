//! The audit as a list that fits a terminal.
#![forbid(unsafe_code)]

use super::{Request, run};
use crate::finding::Finding;
use crate::rules;
use crate::text::{Text, one_line};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// As wide as psql's aligned output may become.
const SCREEN: usize = 100;
/// What psql puts around five columns: a space on both sides of each value but the last, and four bars.
const RULING: usize = 14;

/// Rows of `warden.todo`.
///
/// PUBLIC may execute it: it is reached through the view alone, whose privileges decide.
///
/// # Errors
/// The server's own.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden_internal.todo(
    OUT n pg_catalog.int4, OUT level pg_catalog.text, OUT object pg_catalog.text, OUT finding pg_catalog.text,
    OUT rule pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden_internal.todo() IS 'pg_warden: rows of warden.todo, which decides who may read them';
"#,
    requires = ["schema"]
)]
#[expect(clippy::type_complexity, reason = "the columns of a view, named")]
fn todo_rows() -> Result<
    TableIterator<
        'static,
        (name!(n, i32), name!(level, Text), name!(object, Text), name!(finding, Text), name!(rule, Text)),
    >,
    ErrorReport,
> {
    let lines = fitted(&run(&Request::everything())?);
    Ok(TableIterator::new(
        (1..)
            .zip(lines)
            .map(|(n, [level, object, finding, rule])| (n, level.into(), object.into(), finding.into(), rule.into())),
    ))
}

/// Level, object, finding and rule of each, cut so that the widest row fits the screen.
fn fitted(findings: &[Finding]) -> Vec<[String; 4]> {
    let rows: Vec<_> = findings
        .iter()
        .map(|finding| {
            // Where most tables are, and what search_path names anyway.
            let object = finding.object.strip_prefix("public.").unwrap_or(&finding.object);
            let [level, object, rule] = [finding.level_name(), object, finding.rule].map(one_line);
            let said = finding.detail.as_ref().filter(|_| finding.not_checked).unwrap_or(&finding.message);
            // Says without names what the message says with them.
            let short =
                rules::find(finding.rule).filter(|_| !finding.not_checked).map_or(said.as_str(), |rule| rule.summary);
            (level, object, [one_line(said), one_line(short)], rule)
        })
        .collect();
    let widest = |header: &str, widths: &mut dyn Iterator<Item = usize>| widths.fold(header.len(), usize::max);
    let level = widest("level", &mut rows.iter().map(|(level, ..)| width(level)));
    let rule = widest("rule", &mut rows.iter().map(|(.., rule)| width(rule)));
    let left = SCREEN.saturating_sub(findings.len().to_string().len() + level + rule + RULING);
    // The object's name gets what the shorter texts leave, and two fifths in any case.
    let short = widest("finding", &mut rows.iter().map(|(_, _, [_, short], _)| width(short)));
    let object = widest("object", &mut rows.iter().map(|(_, object, ..)| width(object)))
        .min(left.saturating_sub(short).max(left * 2 / 5));
    rows.into_iter()
        .map(|(level, name, [said, short], rule)| {
            let said = if width(&said) <= left - object { said } else { short };
            [level, cut(&name, object), cut(&said, left - object), rule]
        })
        .collect()
}

/// How many cells a text takes at most. Terminals differ about a few characters, and none gives more than two.
fn width(text: &str) -> usize {
    text.chars().map(cells).sum()
}

fn cells(c: char) -> usize {
    // From here on come scripts of double width, with narrow ones between them.
    if c < '\u{1100}' { 1 } else { 2 }
}

/// The beginning of a text that takes no more than so many cells; `...` stands for what is missing.
fn cut(text: &str, most: usize) -> String {
    if width(text) <= most {
        return text.to_owned();
    }
    let mut left = most.saturating_sub(3);
    let mut out: String = text
        .chars()
        .take_while(|c| {
            let fits = cells(*c) <= left;
            left = left.saturating_sub(cells(*c));
            fits
        })
        .collect();
    out.push_str("...");
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;

    #[test]
    fn texts_are_cut_by_cells() {
        assert_eq!(cut("orders", 6), "orders");
        assert_eq!(cut("order_items", 6), "ord...");
        assert_eq!(cut("\u{6ce8}\u{6587}\u{6ce8}\u{6587}", 7), "\u{6ce8}\u{6587}...");
        assert_eq!(cut("\u{6ce8}\u{6587}\u{6ce8}", 6), "\u{6ce8}\u{6587}\u{6ce8}");
    }

    #[test]
    fn every_row_fits_the_screen() {
        let long = "\u{6ce8}".repeat(63);
        let finding = |object: &str| {
            Finding::new(
                "foreign-key-without-index",
                Level::Warning,
                object,
                format!("foreign key\n{object} has no index"),
            )
        };
        for objects in [
            vec!["a"],
            vec![long.as_str(), "b"],
            vec!["x"; 12_345],
            vec!["public.order_items.order_items_order_id_fkey"],
        ] {
            let mut findings: Vec<_> = objects.into_iter().map(finding).collect();
            findings[0].not_checked = true;
            let count = findings.len().to_string().len();
            let rows = fitted(&findings);
            let widths =
                [0, 1, 2, 3].map(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or_default());
            assert!(count + widths.iter().sum::<usize>() + RULING <= SCREEN, "{widths:?}");
            assert!(rows.iter().flatten().all(|text| !text.contains('\n')));
        }
    }
}
