//! The fixes as a script for psql.

use super::{Subject, VERSION};
use crate::finding::Finding;
use crate::text::one_line;
use std::collections::HashSet;

/// The SQL of findings in the order to run it, each with what it mends, and what no SQL mends.
///
/// What makes something comes before what drops something: an index that goes may be the one that another still needs.
#[must_use]
pub fn fix_script(subject: &Subject, findings: &[Finding]) -> String {
    let mut out = format!(
        "-- pg_warden {VERSION}: fixes for database \"{}\", {}\n-- Read each before you run it. They run outside of a transaction, one by one: psql -f.\n",
        one_line(&subject.database),
        subject.at
    );
    let (fixed, unfixed): (Vec<_>, Vec<_>) =
        findings.iter().filter(|finding| !finding.not_checked).partition(|finding| finding.fix.is_some());
    let (drops, makes): (Vec<_>, Vec<_>) = fixed.into_iter().partition(|finding| takes_away(finding));
    let mut said = HashSet::new();
    for finding in makes.into_iter().chain(drops) {
        let fix = finding.fix.as_deref().unwrap_or_default();
        out.push_str(&format!("\n{}", heading(finding)));
        // Two faults of one object may have one remedy.
        if said.insert(fix) {
            out.push_str(&format!("{fix}\n"));
        } else {
            out.push_str("-- mended above\n");
        }
    }
    if !unfixed.is_empty() {
        out.push_str("\n-- For you to decide:\n");
    }
    for finding in unfixed {
        out.push_str(&heading(finding));
        if let Some(hint) = &finding.hint {
            out.push_str(&format!("--   {}\n", one_line(hint)));
        }
    }
    for finding in findings.iter().filter(|finding| finding.not_checked) {
        let reason = one_line(finding.detail.as_deref().unwrap_or_default());
        out.push_str(&format!("-- not checked: {} {reason}\n", finding.rule));
    }
    out
}

fn heading(finding: &Finding) -> String {
    format!("-- {}: {} [{}]\n", finding.level_name(), one_line(&finding.message), finding.rule)
}

fn takes_away(finding: &Finding) -> bool {
    let fix = finding.fix.as_deref().unwrap_or_default();
    fix.starts_with("DROP ") || fix.contains(" DROP CONSTRAINT ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{findings, subject};
    use super::*;
    use crate::finding::Level;

    #[test]
    fn what_makes_comes_before_what_drops_and_names_stay_in_comments() {
        let mut all = findings();
        all[0].fix = Some("DROP INDEX i;".into());
        all.push(Finding::new("foreign-key-without-index", Level::Info, "o", "m").fix("CREATE INDEX i ON t (a);"));
        all.push(Finding::new("index-duplicate", Level::Info, "o", "m").fix("DROP INDEX i;"));
        let script = fix_script(&subject(), &all);
        let statements: Vec<_> = script.lines().filter(|line| !line.starts_with("--") && !line.is_empty()).collect();
        assert_eq!(statements, ["CREATE INDEX i ON t (a);", "DROP INDEX i;"], "{script}");
        assert!(script.contains("-- mended above") && script.contains("--   Say what identifies"), "{script}");
        assert!(script.contains("-- not checked: hba-trust No right."), "{script}");
    }
}
