//! What leaves a check: one shape for guard, lint and audit.
#![forbid(unsafe_code)]

use std::fmt;

/// How much a finding matters; ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Not reported.
    Off,
    /// Worth knowing.
    Info,
    /// Can stall, fail or lose data.
    Warning,
    /// Blocks in mode `enforce`.
    Error,
}

impl Level {
    /// Every level, in rising order.
    pub const ALL: [Self; 4] = [Self::Off, Self::Info, Self::Warning, Self::Error];

    /// The word users write and read.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The level of that word, or `None`.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == word)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What stands in the place of a level where a check could not be made.
pub const NOT_CHECKED: &str = "not checked";

/// One thing found, or one thing that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// The rule's level, or what the check makes of it; policy may change it.
    pub level: Level,
    /// The check could not be made; `detail` says why.
    pub not_checked: bool,
    /// The server will refuse the statement anyway, so blocking it would only hide the server's own words.
    pub never_blocks: bool,
    /// A reminder: said once a session (or script), and not beside an error of the same statement.
    pub reminder: bool,
    /// The object, quoted and qualified as far as it is known.
    pub object: String,
    /// The condition: lower case, no full stop, names quoted.
    pub message: String,
    /// The effect, in sentences, with the figures of this database.
    pub detail: Option<String>,
    /// What to do, in sentences, ready to paste.
    pub hint: Option<String>,
    /// SQL that mends it.
    pub fix: Option<String>,
    /// Place among the actions of its statement.
    pub order: usize,
    /// Byte offset into the source text that the finding points at.
    pub at: Option<usize>,
    /// Byte offset of its statement, in a script.
    pub statement_at: Option<usize>,
}

impl Finding {
    /// A finding that carries only its condition.
    #[must_use]
    pub fn new(rule: &'static str, level: Level, object: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            rule,
            level,
            not_checked: false,
            never_blocks: false,
            reminder: false,
            object: object.into(),
            message: message.into(),
            detail: None,
            hint: None,
            fix: None,
            order: 0,
            at: None,
            statement_at: None,
        }
    }

    /// Adds the effect.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the SQL that mends it, and says it as what to do after an introduction such as "Outside a transaction",
    /// or after none.
    #[must_use]
    pub fn remedy(self, introduction: &str, sql: impl Into<String>) -> Self {
        let sql = sql.into();
        let hint = if introduction.is_empty() { sql.clone() } else { format!("{introduction}: {sql}") };
        self.hint(hint).fix(sql)
    }

    /// Adds SQL that mends it.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// Says which action of the statement it is about.
    #[must_use]
    pub fn order(mut self, order: usize) -> Self {
        self.order = order;
        self
    }

    /// Points into the source text.
    #[must_use]
    pub fn at(mut self, offset: Option<usize>) -> Self {
        self.at = offset;
        self
    }

    /// Lowers the level for this case.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Marks that the server refuses the statement by itself.
    #[must_use]
    pub fn never_blocks(mut self) -> Self {
        self.never_blocks = true;
        self
    }

    /// Marks a reminder.
    #[must_use]
    pub fn reminder(mut self) -> Self {
        self.reminder = true;
        self
    }

    /// What the level column says.
    #[must_use]
    pub fn level_name(&self) -> &'static str {
        if self.not_checked { NOT_CHECKED } else { self.level.name() }
    }

    /// The same for the same fault of the same object, over restarts, dump and restore: made from names, not from OIDs.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(self.rule, &self.object)
    }
}

/// FNV-1a over rule and object, as 16 hexadecimal digits: short, stable and the same on every machine.
#[must_use]
pub fn fingerprint(rule: &str, object: &str) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in rule.bytes().chain([0]).chain(object.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_and_read_back() {
        assert!(Level::Error > Level::Warning && Level::Warning > Level::Info && Level::Info > Level::Off);
        for level in Level::ALL {
            assert_eq!(Level::parse(level.name()), Some(level));
        }
        assert_eq!(Level::parse("fatal"), None);
    }

    #[test]
    fn fingerprints_tell_rule_and_object_apart() {
        assert_eq!(fingerprint("a", "b"), fingerprint("a", "b"));
        assert_ne!(fingerprint("a", "b"), fingerprint("ab", ""));
    }
}
