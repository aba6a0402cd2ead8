//! One finding a table, where several of its columns have the same fault.
//!
//! It is done at the very end, when what is exempt is gone: an exemption, and what `warden.exempt_existing` writes down, is about a column.
#![forbid(unsafe_code)]

use crate::finding::{Finding, Level};
use crate::policy::exemption;
use crate::rules::{self, Check};
use std::collections::BTreeMap;

/// Names in a message; of more, it says how many.
const MOST_NAMES: usize = 5;

/// A rule, its level here, a table and what is said of its columns.
type Fault = (&'static str, Level, String, String);

/// The findings with those of one table's columns put together, at the place of the first.
pub(super) fn folded(findings: Vec<Finding>) -> Vec<Finding> {
    let mut kept: Vec<(Finding, Vec<String>)> = Vec::with_capacity(findings.len());
    let mut places: BTreeMap<Fault, usize> = BTreeMap::new();
    for finding in findings {
        let Some((fault, column)) = of_column(&finding) else {
            kept.push((finding, Vec::new()));
            continue;
        };
        let place = *places.entry(fault).or_insert(kept.len());
        match kept.get_mut(place) {
            Some((first, columns)) => {
                likewise(&mut first.detail, finding.detail.as_deref());
                likewise(&mut first.hint, finding.hint.as_deref());
                columns.push(column);
            }
            None => kept.push((finding, vec![column])),
        }
    }
    for ((_, _, table, what), place) in places {
        if let Some((first, columns)) = kept.get_mut(place).filter(|(_, columns)| columns.len() > 1) {
            let name = exemption::parts(&table).pop().unwrap_or_default();
            first.message = format!("columns {} of \"{name}\" are {what}", listed(columns));
            first.object = table;
            // It mends one of them.
            first.fix = None;
        }
    }
    kept.into_iter().map(|(finding, _)| finding).collect()
}

/// What a finding says of the one column that it is about: `column "a" of "t" is ...`.
fn of_column(finding: &Finding) -> Option<(Fault, String)> {
    if finding.not_checked || !is_about_columns(finding.rule) {
        return None;
    }
    let [_, table, column]: [String; 3] = exemption::parts(&finding.object).try_into().ok()?;
    let what = finding.message.strip_prefix(&format!("column \"{column}\" of \"{table}\" is "))?;
    let object = exemption::names(&finding.object).into_iter().nth(1)?;
    Some(((finding.rule, finding.level, object, what.to_owned()), column))
}

fn is_about_columns(rule: &str) -> bool {
    let checks = rules::find(rule).map_or(&[][..], |rule| rule.checks);
    checks.iter().any(|check| matches!(check, Check::Audit(audit) if audit.source.is_of_columns()))
}

/// Says of a text about the first that it is not word for word that of another.
fn likewise(first: &mut Option<String>, other: Option<&str>) {
    const OTHERS: &str = " So it is with the others.";
    if let Some(text) = first.as_mut().filter(|text| other != Some(&***text) && !text.ends_with(OTHERS)) {
        text.push_str(OTHERS);
    }
}

/// `"a", "b" and 3 more`.
fn listed(columns: &[String]) -> String {
    let names: Vec<_> = columns.iter().take(MOST_NAMES).map(|name| format!("\"{name}\"")).collect();
    let more = columns.len().saturating_sub(MOST_NAMES);
    if more == 0 { names.join(", ") } else { format!("{} and {more} more", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "column-type-json";

    fn finding(object: &str, message: &str) -> Finding {
        Finding { fix: Some("SELECT 1;".to_owned()), ..Finding::new(RULE, Level::Warning, object, message) }
    }

    fn is_json(column: &str) -> Finding {
        finding(&format!("s.\"a.b\".{column}"), &format!("column \"{column}\" of \"a.b\" is json"))
    }

    #[test]
    fn columns_of_one_table_are_one_finding() {
        let other = finding("s.t.c", "column \"c\" of \"t\" is json");
        let folded = folded(vec![is_json("x"), other.clone(), is_json("y")]);
        assert_eq!(folded.len(), 2);
        assert_eq!(
            (&*folded[0].object, &*folded[0].message),
            ("s.\"a.b\"", "columns \"x\", \"y\" of \"a.b\" are json")
        );
        assert_eq!(folded[0].fix, None);
        assert_eq!(folded[1], other);
    }

    #[test]
    fn of_many_columns_the_first_are_named() {
        let folded = folded(["a", "b", "c", "d", "e", "f", "g"].map(is_json).to_vec());
        assert_eq!(folded[0].message, "columns \"a\", \"b\", \"c\", \"d\", \"e\" and 2 more of \"a.b\" are json");
    }

    #[test]
    fn texts_that_differ_are_those_of_the_first() {
        let folded = folded(vec![
            is_json("a").detail("Of a.").hint("All."),
            is_json("b").detail("Of b.").hint("All."),
            is_json("c").detail("Of c.").hint("All."),
        ]);
        assert_eq!(folded[0].detail.as_deref(), Some("Of a. So it is with the others."));
        assert_eq!(folded[0].hint.as_deref(), Some("All."));
    }

    #[test]
    fn other_findings_stay_as_they_are() {
        let same = [
            Finding { rule: "index-invalid", ..is_json("a") },
            Finding { rule: "index-invalid", ..is_json("b") },
            Finding { level: Level::Info, ..is_json("a") },
            Finding { not_checked: true, ..is_json("b") },
            finding("s.t", "table \"t\" has no comment"),
        ];
        assert_eq!(folded(same.to_vec()), same);
    }
}
