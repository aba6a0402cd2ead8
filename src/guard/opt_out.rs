//! Opt-outs by whoever writes a statement: comments in it, and `warden.allow` for the transaction.
#![forbid(unsafe_code)]

use super::text::Written;
use crate::config::{self, InlineAllow};
use crate::finding::Finding;
use crate::policy::Excuse;
use crate::policy::allow::Allow;

/// The opt-outs that hold for a statement.
#[derive(Debug, Clone, Default)]
pub(super) struct OptOuts {
    allows: Vec<Allow>,
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

    pub(super) fn into_allows(self) -> Vec<Allow> {
        self.allows
    }

    /// Why a finding is let pass, if it is: by these, or by those of the statement that made it.
    pub(super) fn excuse(&self, finding: &Finding, would_block: bool, others: &[Allow]) -> Option<Excuse> {
        let may = match config::INLINE_ALLOW.get() {
            InlineAllow::All => true,
            InlineAllow::Warnings => !would_block,
            InlineAllow::None => false,
        };
        let mut allows = self.allows.iter().chain(others);
        let allow = allows.find(|allow| allow.names(finding.rule)).filter(|_| may)?;
        Some(Excuse::Allowed { reason: allow.reason.clone() })
    }

    /// Whether one of them is about a rule, though it may not hold.
    pub(super) fn names(&self, rule: &str) -> bool {
        self.allows.iter().any(|allow| allow.names(rule))
    }
}

fn one_line(comment: &str) -> String {
    comment.split_whitespace().collect::<Vec<_>>().join(" ")
}
