//! Findings as rows of `warden.finding`.
#![forbid(unsafe_code)]

use crate::finding::Finding;
use crate::text::Text;
use pgrx::iter::TableIterator;
use pgrx::name;

/// A finding and where it stands in a script; outside text, nowhere.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) finding: Finding,
    /// Number of the statement, from 1.
    pub(crate) statement: Option<i32>,
    /// From 1.
    pub(crate) line: Option<i32>,
    /// In characters, from 1.
    pub(crate) column: Option<i32>,
}

impl From<Finding> for Row {
    fn from(finding: Finding) -> Self {
        Self { finding, statement: None, line: None, column: None }
    }
}

/// The columns of `warden.finding`, in its order.
pub(crate) type Findings = TableIterator<
    'static,
    (
        name!(rule, Text),
        name!(level, Text),
        name!(object, Text),
        name!(message, Text),
        name!(detail, Option<Text>),
        name!(hint, Option<Text>),
        name!(fix, Option<Text>),
        name!(fingerprint, Text),
        name!(statement, Option<i32>),
        name!(line, Option<i32>),
        name!(column, Option<i32>),
    ),
>;

/// Rows for a function that `RETURNS SETOF warden.finding`.
pub(crate) fn rows(rows: Vec<Row>) -> Findings {
    TableIterator::new(rows.into_iter().map(|row| {
        let fingerprint = row.finding.fingerprint();
        let finding = row.finding;
        (
            Text::from(finding.rule),
            Text::from(if finding.not_checked { "not checked" } else { finding.level.name() }),
            Text(finding.object),
            Text(finding.message),
            finding.detail.map(Text),
            finding.hint.map(Text),
            finding.fix.map(Text),
            Text(fingerprint),
            row.statement,
            row.line,
            row.column,
        )
    }))
}
