//! Markdown, as CommonMark has it.

use super::{Counts, Subject, VERSION};
use crate::finding::{Finding, Level};
use crate::text::one_line;

pub(super) fn write(subject: &Subject, findings: &[Finding]) -> String {
    let mut out = format!(
        "# Audit of {}\n\nPostgreSQL {}, pg\\_warden {VERSION}, {}: {}.\n",
        escaped(&subject.database),
        escaped(&subject.server),
        subject.at,
        Counts::of(findings).sentence()
    );
    let (not_checked, found): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| finding.not_checked);
    for (heading, level) in [("Errors", Level::Error), ("Warnings", Level::Warning), ("Notes", Level::Info)] {
        out.push_str(&section(heading, found.iter().copied().filter(|finding| finding.level == level)));
    }
    out.push_str(&section("Not checked", not_checked.into_iter()));
    out
}

/// Nothing where there is nothing in it.
fn section<'a>(heading: &str, findings: impl Iterator<Item = &'a Finding>) -> String {
    let entries: String = findings.map(entry).collect();
    if entries.is_empty() { entries } else { format!("\n## {heading}\n\n{entries}") }
}

fn entry(finding: &Finding) -> String {
    let mut out = format!("- **{}** `{}`", escaped(&finding.message), finding.rule);
    if !finding.object.is_empty() {
        out.push_str(&format!("  \n  {}", escaped(&finding.object)));
    }
    for text in [&finding.detail, &finding.hint].into_iter().flatten() {
        out.push_str(&format!("  \n  {}", escaped(text)));
    }
    out.push('\n');
    if let Some(fix) = finding.fix.as_deref().filter(|fix| !fix.chars().any(char::is_control)) {
        let fence = fence(fix);
        out.push_str(&format!("\n  {fence}sql\n  {fix}\n  {fence}\n"));
    }
    out
}

/// Longer than any run of backticks in the text.
fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

/// A text on one line, in which nothing is markup.
fn escaped(text: &str) -> String {
    one_line(text).chars().fold(String::with_capacity(text.len()), |mut out, c| {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' | '@' => out.extend(['\\', c]),
            _ => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_hold_what_is_in_them() {
        assert_eq!((fence("a").as_str(), fence("a```b").as_str()), ("```", "````"));
        assert_eq!(escaped("a_b <i>\n"), "a\\_b &lt;i&gt; ");
    }
}
