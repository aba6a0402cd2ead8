//! What becomes of a finding: the one place that weighs it against mode and levels.
#![forbid(unsafe_code)]

use crate::finding::{Finding, Level};
use crate::rules::{self, Rule};
use std::collections::HashMap;

/// What the guard does with a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Nothing is said.
    Silent,
    /// A NOTICE.
    Notice,
    /// A WARNING.
    Warning,
    /// An ERROR: the statement does not run.
    Block,
}

/// Levels that somebody set, by rule.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Levels(HashMap<&'static str, Level>);

/// Why a list of levels cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadLevels {
    /// An entry is not `rule=level`.
    NotAnAssignment(String),
    /// There is no such rule.
    UnknownRule(String),
    /// There is no such level.
    UnknownLevel(String),
}

impl BadLevels {
    /// A sentence for DETAIL.
    #[must_use]
    pub fn explain(&self) -> String {
        match self {
            Self::NotAnAssignment(entry) => format!("\"{entry}\" is not of the form rule=level."),
            Self::UnknownRule(rule) => match rules::nearest(rule) {
                Some(nearest) => format!("There is no rule \"{rule}\"; perhaps \"{nearest}\" is meant."),
                None => format!("There is no rule \"{rule}\"."),
            },
            Self::UnknownLevel(level) => format!("\"{level}\" is none of error, warning, info, off."),
        }
    }
}

impl Levels {
    /// Reads `rule=level, rule=level`.
    ///
    /// # Errors
    /// The first entry that cannot be read.
    pub fn parse(list: &str) -> Result<Self, BadLevels> {
        let mut levels = HashMap::new();
        for entry in list.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (rule, level) = entry.split_once('=').ok_or_else(|| BadLevels::NotAnAssignment(entry.to_owned()))?;
            let (rule, level) = (rule.trim(), level.trim());
            let rule = rules::find(rule).ok_or_else(|| BadLevels::UnknownRule(rule.to_owned()))?;
            let level = Level::parse(level).ok_or_else(|| BadLevels::UnknownLevel(level.to_owned()))?;
            levels.insert(rule.id, level);
        }
        Ok(Self(levels))
    }

    /// The level set for a rule.
    #[must_use]
    pub fn of(&self, rule: &str) -> Option<Level> {
        self.0.get(rule).copied()
    }

    /// The level of a finding: what was set for its rule, but never above what the check made of this case.
    #[must_use]
    pub fn weigh(&self, finding: &Finding) -> Level {
        let default = rules::find(finding.rule).map_or(finding.level, |rule| rule.level);
        match self.of(finding.rule) {
            Some(set) if finding.level < default => set.min(finding.level),
            Some(set) => set,
            None => finding.level,
        }
    }
}

/// Settings that decide, read once a statement.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Findings at level error block.
    pub enforces: bool,
    /// The lowest level that is said; `None` for none.
    pub notify: Option<Level>,
    /// Levels that somebody set.
    pub levels: Levels,
}

impl Policy {
    /// Whether anything may become of a rule's findings. Rules at level error are asked in any case: what they foresee is
    /// not said once more when the table is written again.
    #[must_use]
    pub fn hears(&self, rule: &Rule) -> bool {
        let level = self.levels.of(rule.id).unwrap_or(rule.level);
        let blocks = self.enforces && level == Level::Error;
        let is_said = level != Level::Off && self.notify.is_some_and(|lowest| level >= lowest);
        rule.level == Level::Error || blocks || is_said
    }

    /// What to do with one finding.
    #[must_use]
    pub fn decide(&self, finding: &Finding) -> Decision {
        let level = self.levels.weigh(finding);
        if level == Level::Off {
            Decision::Silent
        } else if self.enforces && level == Level::Error && !finding.never_blocks && !finding.not_checked {
            Decision::Block
        } else if self.notify.is_none_or(|lowest| level < lowest) {
            Decision::Silent
        } else if level == Level::Info {
            Decision::Notice
        } else {
            Decision::Warning
        }
    }

    /// The findings of one statement with what becomes of each, in the order they are said: reminders give way to
    /// errors, what does not block comes first, and among equals the higher level and the earlier action.
    #[must_use]
    pub fn arrange(&self, mut findings: Vec<Finding>) -> Vec<(Finding, Decision)> {
        if findings.iter().any(|finding| !finding.reminder && self.levels.weigh(finding) == Level::Error) {
            findings.retain(|finding| !finding.reminder);
        }
        findings.sort_by_key(|finding| (std::cmp::Reverse(self.levels.weigh(finding)), finding.order));
        let mut decided: Vec<_> = findings
            .into_iter()
            .map(|finding| {
                let decision = self.decide(&finding);
                (finding, decision)
            })
            .filter(|(_, decision)| *decision != Decision::Silent)
            .collect();
        decided.sort_by_key(|(_, decision)| *decision == Decision::Block);
        decided
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(enforces: bool, notify: Option<Level>, levels: &str) -> Policy {
        Policy { enforces, notify, levels: Levels::parse(levels).unwrap() }
    }

    fn finding(rule: &'static str, level: Level) -> Finding {
        Finding::new(rule, level, "t", "m")
    }

    const ERROR: &str = "create-index-not-concurrent";
    const WARNING: &str = "table-without-primary-key";

    #[test]
    fn only_errors_block_and_only_where_it_is_enforced() {
        let found = finding(ERROR, Level::Error);
        assert_eq!(policy(false, Some(Level::Warning), "").decide(&found), Decision::Warning);
        assert_eq!(policy(true, Some(Level::Warning), "").decide(&found), Decision::Block);
        assert_eq!(policy(true, None, "").decide(&found), Decision::Block);
        assert_eq!(policy(true, None, "").decide(&finding(WARNING, Level::Warning)), Decision::Silent);
        assert_eq!(policy(true, Some(Level::Info), "").decide(&found.clone().never_blocks()), Decision::Warning);
    }

    #[test]
    fn a_set_level_holds_but_does_not_raise_a_case_that_the_check_lowered() {
        let raised = policy(true, Some(Level::Warning), "table-without-primary-key=error");
        assert_eq!(raised.decide(&finding(WARNING, Level::Warning)), Decision::Block);
        assert_eq!(raised.decide(&finding(WARNING, Level::Info)), Decision::Silent);
        let off = policy(true, Some(Level::Info), "create-index-not-concurrent = off");
        assert_eq!(off.decide(&finding(ERROR, Level::Error)), Decision::Silent);
    }

    #[test]
    fn rules_that_nobody_would_hear_are_not_asked() {
        let warning = rules::find(WARNING).unwrap();
        assert!(policy(false, Some(Level::Warning), "").hears(warning));
        assert!(!policy(false, Some(Level::Error), "").hears(warning));
        assert!(!policy(true, None, "").hears(warning));
        assert!(policy(true, None, "table-without-primary-key=error").hears(warning));
        assert!(!policy(false, None, "table-without-primary-key=error").hears(warning));
        assert!(!policy(false, Some(Level::Info), "table-without-primary-key=off").hears(warning));
        assert!(policy(false, None, "create-index-not-concurrent=off").hears(rules::find(ERROR).unwrap()));
    }

    #[test]
    fn reminders_give_way_to_errors_and_what_blocks_comes_last() {
        let reminder = finding("lock-timeout-missing", Level::Warning).reminder();
        let said = policy(true, Some(Level::Warning), "").arrange(vec![
            reminder.clone(),
            finding(ERROR, Level::Error),
            finding(WARNING, Level::Warning),
        ]);
        let order: Vec<_> = said.iter().map(|(finding, _)| finding.rule).collect();
        assert_eq!(order, [WARNING, ERROR]);
        assert_eq!(policy(true, Some(Level::Warning), "").arrange(vec![reminder]).len(), 1);
    }

    #[test]
    fn lists_of_levels_say_what_is_wrong() {
        assert_eq!(Levels::parse(" ").unwrap(), Levels::default());
        let explained = |list: &str| Levels::parse(list).unwrap_err().explain();
        assert!(explained("column-serial=off").contains("column-type-serial"));
        assert!(explained("column-type-serial=loud").contains("none of error"));
        assert!(explained("column-type-serial").contains("rule=level"));
    }
}
