//! Opt-outs by whoever writes a statement: comments in it, and `warden.allow` for the transaction.
#![forbid(unsafe_code)]

use super::text::Written;
use crate::config::{self, InlineAllow};
use crate::finding::Finding;
use crate::policy::allow::Allow;
use crate::policy::{Excuse, exemption};

/// The opt-outs that hold for a statement.
#[derive(Debug, Clone, Default)]
pub(super) struct OptOuts {
    allows: Vec<Allow>,
    /// By earlier statements of the transaction, each about the table that it made.
    of_tables: Vec<(String, Allow)>,
    /// Why others do not hold, in sentences.
    pub(super) problems: Vec<String>,
}

impl OptOuts {
    /// Those of the transaction, and of the statement's own comments where its text is known.
    pub(super) fn of(written: Option<Written>) -> Self {
        let mut found = Self::of_transaction();
        for comment in written.map(Written::comments).unwrap_or_default() {
            match Allow::of_comment(&comment) {
                Some(Ok(allow)) => found.allows.push(allow),
                Some(Err(bad)) => {
                    found.problems.push(format!("{} is passed over. {}", one_line(&comment), bad.explain()));
                }
                None => {}
            }
        }
        if !found.allows.is_empty() && config::INLINE_ALLOW.get() == InlineAllow::None {
            found.problems.push("Opt-outs are switched off: warden.inline_allow is \"none\".".to_owned());
        }
        found
    }

    pub(super) fn of_transaction() -> Self {
        let mut found = Self::default();
        match config::allow() {
            // Set before the library was loaded, it may be anything.
            Some((text, true)) => match Allow::parse(&text) {
                Ok(allow) => found.allows.push(allow),
                Err(bad) => found.problems.push(format!("warden.allow is passed over. {}", bad.explain())),
            },
            Some((_, false)) => found.problems.push(
                "warden.allow is passed over: it holds for one transaction, by SET LOCAL after BEGIN.".to_owned(),
            ),
            None => {}
        }
        found
    }

    /// With those of an earlier statement, about the table that it made.
    pub(super) fn add_of_table(&mut self, table: &str, allows: Vec<Allow>) {
        self.of_tables.extend(allows.into_iter().map(|allow| (table.to_owned(), allow)));
    }

    pub(super) fn into_allows(self) -> Vec<Allow> {
        self.allows
    }

    /// Why a finding is let pass, if it is.
    pub(super) fn excuse(&self, finding: &Finding, would_block: bool) -> Option<Excuse> {
        let may = match config::INLINE_ALLOW.get() {
            InlineAllow::All => true,
            InlineAllow::Warnings => !would_block,
            InlineAllow::None => false,
        };
        let of_object = || {
            let names = exemption::names(&exemption::full_name(&finding.object));
            let mut of_tables = self.of_tables.iter().filter(move |(table, _)| names.contains(table));
            of_tables.find(|(_, allow)| allow.names(finding.rule)).map(|(_, allow)| allow)
        };
        let own = self.allows.iter().find(|allow| allow.names(finding.rule));
        let allow = own.or_else(of_object).filter(|_| may)?;
        Some(Excuse::Allowed { reason: allow.reason.clone() })
    }
}

fn one_line(comment: &str) -> String {
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}
