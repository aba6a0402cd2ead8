//! `warden:allow <rule>[, <rule>]: <reason>`: an opt-out by whoever writes the statement.
#![forbid(unsafe_code)]

use crate::rules;

/// What a comment begins with that is one.
pub const MARK: &str = "warden:allow";

/// An opt-out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Names of rules.
    pub rules: Vec<&'static str>,
    /// Why.
    pub reason: String,
}

/// Why an opt-out cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadAllow {
    /// Nothing stands before the colon.
    NoRule,
    /// There is no such rule.
    UnknownRule(String),
    /// Nothing stands after the colon, or there is none.
    NoReason,
}

impl BadAllow {
    /// A sentence for DETAIL.
    #[must_use]
    pub fn explain(&self) -> String {
        match self {
            Self::NoRule => "It names no rule. Its form is: warden:allow <rule>[, <rule>]: <reason>.".to_owned(),
            Self::UnknownRule(rule) => match rules::nearest(rule) {
                Some(nearest) => format!("There is no rule \"{rule}\"; perhaps \"{nearest}\" is meant."),
                None => format!("There is no rule \"{rule}\"."),
            },
            Self::NoReason => "It gives no reason. Its form is: warden:allow <rule>[, <rule>]: <reason>.".to_owned(),
        }
    }
}

impl Allow {
    /// Reads `<rule>[, <rule>]: <reason>`.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, BadAllow> {
        let (names, reason) = text.split_once(':').unwrap_or((text, ""));
        let names: Vec<_> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if names.is_empty() {
            return Err(BadAllow::NoRule);
        }
        let rules = names
            .into_iter()
            .map(|name| rules::find(name).map(|rule| rule.id).ok_or_else(|| BadAllow::UnknownRule(name.to_owned())))
            .collect::<Result<_, _>>()?;
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        if reason.is_empty() { Err(BadAllow::NoReason) } else { Ok(Self { rules, reason }) }
    }

    /// Reads a comment with its delimiters; `None` for one that is about something else.
    #[must_use]
    pub fn of_comment(comment: &str) -> Option<Result<Self, BadAllow>> {
        let inner = comment.strip_prefix("--").or_else(|| comment.strip_prefix("/*")?.strip_suffix("*/"))?;
        let rest = inner.trim().strip_prefix(MARK)?;
        // A word that only begins so is another word.
        (rest.is_empty() || rest.starts_with([' ', '\t', '\n', '\r', ':'])).then(|| Self::parse(rest))
    }

    /// Whether it is about a rule.
    #[must_use]
    pub fn names(&self, rule: &str) -> bool {
        self.rules.contains(&rule)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read() {
        let read = |comment| Allow::of_comment(comment);
        let one = Allow { rules: vec!["drop-table"], reason: "it is empty".into() };
        for comment in [
            "/* warden:allow drop-table: it is empty */",
            "/*warden:allow drop-table:it is empty*/",
            "-- warden:allow drop-table: it is empty",
            "/*\n  warden:allow drop-table:\n  it is\n  empty\n*/",
        ] {
            assert_eq!(read(comment), Some(Ok(one.clone())), "{comment}");
        }
        let two = read("-- warden:allow drop-table, drop-cascade: a: b").unwrap().unwrap();
        assert_eq!((two.rules.as_slice(), two.reason.as_str()), (&["drop-table", "drop-cascade"][..], "a: b"));
        assert!(two.names("drop-cascade") && !two.names("drop-column"));
    }

    #[test]
    fn other_comments_are_let_be() {
        for comment in ["/* about warden:allow drop-table: x */", "-- warden:allowance", "/* x */", "--", "/**/"] {
            assert_eq!(Allow::of_comment(comment), None, "{comment}");
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        let wrong = |comment| Allow::of_comment(comment).unwrap().unwrap_err();
        assert_eq!(wrong("/* warden:allow */"), BadAllow::NoRule);
        assert_eq!(wrong("/* warden:allow: because */"), BadAllow::NoRule);
        assert_eq!(wrong("/* warden:allow drop-table */"), BadAllow::NoReason);
        assert_eq!(wrong("/* warden:allow drop-table:  */"), BadAllow::NoReason);
        assert!(wrong("/* warden:allow drop-tables: x */").explain().contains("perhaps \"drop-table\""));
    }
}
