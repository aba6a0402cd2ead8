//! Plain text.

use super::{Counts, Subject, VERSION};
use crate::finding::Finding;
use crate::text::one_line;

/// What stands before the lines below a finding.
const INDENT: &str = "             ";

pub(super) fn write(subject: &Subject, findings: &[Finding]) -> String {
    let mut out = format!(
        "pg_warden {VERSION}: database \"{}\", PostgreSQL {}, {}\n{}\n",
        one_line(&subject.database),
        subject.server,
        subject.at,
        Counts::of(findings).sentence()
    );
    for finding in findings {
        out.push_str(&entry(finding));
    }
    out
}

fn entry(finding: &Finding) -> String {
    let mut out = format!("\n{:<13}{} [{}]\n", finding.level_name(), one_line(&finding.message), finding.rule);
    let mut line = |label: &str, text: &str| {
        if !text.is_empty() {
            out.push_str(&format!("{INDENT}{label}{}\n", one_line(text)));
        }
    };
    line("", &finding.object);
    line("", finding.detail.as_deref().unwrap_or_default());
    line("", finding.hint.as_deref().unwrap_or_default());
    match finding.fix.as_deref() {
        // A line break or the like in a name: on one line it would be another name.
        Some(fix) if fix.chars().any(char::is_control) => line("Fix: ", "see column fix of warden.audit()"),
        Some(fix) => line("Fix: ", fix),
        None => {}
    }
    out
}
