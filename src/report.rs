//! Findings as a document: for people, for machines, for a wiki.
//!
//! Whatever a name holds, it is data: it begins no line of its own, no markup and no statement.
#![forbid(unsafe_code)]

use crate::finding::{Finding, Level};

mod json;
mod markdown;
mod sarif;
mod script;
mod text_format;

pub use script::fix_script;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a terminal or a mail.
    Text,
    /// For programs; its keys are never changed, others may be added.
    Json,
    /// SARIF 2.1.0, which code hosts and editors read.
    Sarif,
    /// For a ticket or a wiki.
    Markdown,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Text, Self::Json, Self::Sarif, Self::Markdown];

    /// The word users write.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Markdown => "markdown",
        }
    }

    /// The format of that word, or `None`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == word)
    }
}

/// What a report is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// Name of the database.
    pub database: String,
    /// Version of the server, as it says it.
    pub server: String,
    /// ISO 8601, in UTC.
    pub at: String,
}

/// Version of the library.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A report of findings, which are in the order to be shown.
#[must_use]
pub fn write(format: Format, subject: &Subject, findings: &[Finding]) -> String {
    match format {
        Format::Text => text_format::write(subject, findings),
        Format::Json => json::write(subject, findings),
        Format::Sarif => sarif::write(subject, findings),
        Format::Markdown => markdown::write(subject, findings),
    }
}

/// How many findings there are of each kind.
#[derive(Debug, Default)]
struct Counts {
    errors: usize,
    warnings: usize,
    notes: usize,
    not_checked: usize,
}

impl Counts {
    fn of(findings: &[Finding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            *match (finding.not_checked, finding.level) {
                (true, _) => &mut counts.not_checked,
                (false, Level::Error) => &mut counts.errors,
                (false, Level::Warning) => &mut counts.warnings,
                (false, _) => &mut counts.notes,
            } += 1;
        }
        counts
    }

    /// `1 error, 2 warnings, 0 notes; 3 not checked`
    fn sentence(&self) -> String {
        let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        format!(
            "{}, {}, {}; {} not checked",
            counted(self.errors, "error"),
            counted(self.warnings, "warning"),
            counted(self.notes, "note"),
            self.not_checked
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    pub(super) fn subject() -> Subject {
        Subject { database: "shop`<b>".into(), server: "15.18".into(), at: "2026-11-28T00:00:00Z".into() }
    }

    const HOSTILE: &str = "public.\"a\n# <script>alert(1)</script> `x` %s \\ | \"\"\u{1b}[31m\"";

    pub(super) fn findings() -> Vec<Finding> {
        let mut not_checked =
            Finding::new("hba-trust", Level::Error, "", "rule \"hba-trust\" was not checked").detail("No right.");
        not_checked.not_checked = true;
        vec![
            Finding::new("index-invalid", Level::Error, HOSTILE, format!("index {HOSTILE} is invalid"))
                .detail("It takes space.\nMuch.")
                .fix(format!("DROP INDEX CONCURRENTLY {HOSTILE};")),
            Finding::new("table-without-primary-key", Level::Warning, "public.t", "table \"t\" has no primary key")
                .hint("Say what identifies a row."),
            not_checked,
        ]
    }

    #[test]
    fn names_begin_no_line_of_their_own() {
        for format in [Format::Text, Format::Markdown] {
            let report = write(format, &subject(), &findings());
            assert!(!report.lines().any(|line| line.starts_with("# <script")), "{report}");
            assert!(!report.contains('\u{1b}'), "{report}");
        }
        assert!(
            !write(Format::Markdown, &subject(), &findings()).split("```").step_by(2).any(|t| t.contains("<script"))
        );
    }

    #[test]
    fn machines_read_every_byte_of_it() {
        let json: Value = serde_json::from_str(&write(Format::Json, &subject(), &findings())).unwrap();
        assert_eq!(json["findings"][0]["object"], HOSTILE);
        assert_eq!(json["findings"][2]["level"], "not checked");
        assert_eq!(json["summary"]["errors"], 1);
        let sarif: Value = serde_json::from_str(&write(Format::Sarif, &subject(), &findings())).unwrap();
        let run = &sarif["runs"][0];
        assert_eq!(sarif["version"], "2.1.0");
        assert_eq!(run["results"].as_array().unwrap().len(), 2);
        assert_eq!(run["results"][0]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"], HOSTILE);
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
        let told = &run["invocations"][0]["toolExecutionNotifications"][0];
        assert_eq!((&told["associatedRule"]["id"], &told["level"]), (&"hba-trust".into(), &"warning".into()));
    }

    #[test]
    fn an_empty_report_says_that_it_looked() {
        for format in Format::ALL {
            assert!(write(format, &subject(), &[]).contains("shop"), "{}", format.name());
        }
        assert!(write(Format::Text, &subject(), &[]).contains("0 errors, 0 warnings, 0 notes; 0 not checked"));
    }
}
