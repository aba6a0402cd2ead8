//! What the server said: notices, warnings and errors with all their fields.

use std::fmt;

use postgres::error::{DbError, ErrorPosition};

/// One message of the server, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// `NOTICE`, `WARNING`, `ERROR`, …
    pub severity: String,
    /// Five characters.
    pub sqlstate: String,
    /// The first line.
    pub message: String,
    /// DETAIL.
    pub detail: Option<String>,
    /// HINT.
    pub hint: Option<String>,
    /// Where in the text that the client sent, in characters from 1.
    pub position: Option<u32>,
    /// Where in a text that the server ran by itself (a function's), with that text.
    pub internal: Option<(u32, String)>,
    /// CONTEXT.
    pub context: Option<String>,
    /// SCHEMA NAME.
    pub schema: Option<String>,
    /// TABLE NAME.
    pub table: Option<String>,
    /// CONSTRAINT NAME: in a finding, its rule.
    pub constraint: Option<String>,
}

impl Report {
    /// The rule of a finding: the constraint name, when the message ends in it as a finding's does.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        let rule = self.constraint.as_deref()?;
        self.message.ends_with(&format!("[{rule}]")).then_some(rule)
    }

    /// DETAIL, or an empty text.
    #[must_use]
    pub fn detail(&self) -> &str {
        self.detail.as_deref().unwrap_or_default()
    }

    /// HINT, or an empty text.
    #[must_use]
    pub fn hint(&self) -> &str {
        self.hint.as_deref().unwrap_or_default()
    }

    /// The text of `sql` from the error position on, as psql's caret shows it.
    #[must_use]
    pub fn at<'a>(&self, sql: &'a str) -> Option<&'a str> {
        let nth = self.position?.checked_sub(1)? as usize;
        sql.char_indices().nth(nth).map(|(byte, _)| &sql[byte..])
    }
}

impl From<&DbError> for Report {
    fn from(e: &DbError) -> Self {
        let own = |s: Option<&str>| s.map(str::to_owned);
        let (position, internal) = match e.position() {
            Some(ErrorPosition::Original(p)) => (Some(*p), None),
            Some(ErrorPosition::Internal { position, query }) => (None, Some((*position, query.clone()))),
            None => (None, None),
        };
        Self {
            severity: e.severity().to_owned(),
            sqlstate: e.code().code().to_owned(),
            message: e.message().to_owned(),
            detail: own(e.detail()),
            hint: own(e.hint()),
            position,
            internal,
            context: own(e.where_()),
            schema: own(e.schema()),
            table: own(e.table()),
            constraint: own(e.constraint()),
        }
    }
}

impl From<postgres::Error> for Report {
    fn from(e: postgres::Error) -> Self {
        match e.as_db_error() {
            Some(db) => Self::from(db),
            // The connection itself failed; no server message has this severity.
            None => Self { severity: "CLIENT".into(), message: e.to_string(), ..Self::default() },
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:  {} ({})", self.severity, self.message, self.sqlstate)?;
        if let Some(p) = self.position {
            write!(f, "\nPOSITION:  {p}")?;
        }
        for (label, text) in [
            ("DETAIL", &self.detail),
            ("HINT", &self.hint),
            ("CONTEXT", &self.context),
            ("CONSTRAINT NAME", &self.constraint),
        ] {
            if let Some(text) = text {
                write!(f, "\n{label}:  {text}")?;
            }
        }
        Ok(())
    }
}

/// A row: every value as text.
pub type Row = Vec<Option<String>>;

/// All that came of one query string.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Rows of all its statements; empty when it failed.
    pub rows: Vec<Row>,
    /// What was said below ERROR, in order.
    pub notices: Vec<Report>,
    /// Why it failed.
    pub error: Option<Report>,
}

/// A finding of the guard as the client got it.
pub type Finding = Report;

impl Outcome {
    /// What was said beside the rows, without what it says more.
    #[must_use]
    pub fn messages(&self) -> Vec<&str> {
        self.notices.iter().map(|n| n.message.as_str()).collect()
    }

    /// The guard's findings, the blocking one last.
    #[must_use]
    pub fn findings(&self) -> Vec<&Finding> {
        self.notices.iter().chain(&self.error).filter(|r| r.rule().is_some()).collect()
    }

    /// The rules found at WARNING or ERROR, each once, sorted.
    #[must_use]
    pub fn rules(&self) -> Vec<&str> {
        let mut rules: Vec<&str> = self
            .findings()
            .into_iter()
            .filter(|r| r.severity == "WARNING" || r.severity == "ERROR")
            .filter_map(Report::rule)
            .collect();
        rules.sort_unstable();
        rules.dedup();
        rules
    }

    /// The finding of a rule.
    ///
    /// # Errors
    /// When there is none.
    pub fn finding(&self, rule: &str) -> crate::Result<&Finding> {
        self.findings()
            .into_iter()
            .find(|r| r.rule() == Some(rule))
            .ok_or_else(|| format!("no finding of {rule} in:\n{self}").into())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for report in self.notices.iter().chain(&self.error) {
            writeln!(f, "{report}")?;
        }
        write!(f, "({} rows{})", self.rows.len(), if self.error.is_some() { ", failed" } else { "" })
    }
}
