//! What becomes of a finding: the one place that weighs it against mode, levels, exemptions and opt-outs.
#![forbid(unsafe_code)]

use crate::finding::{Finding, Level};
use crate::rules::{self, Rule};
use std::collections::HashMap;

pub(crate) mod allow;
pub(crate) mod exempt;
pub(crate) mod exemption;
pub(crate) mod journal;
pub(crate) mod kept;
mod preset;
pub(crate) mod set;

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

/// What became of a finding, as the journal says it. Names are never changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It was said, or would have been to somebody who listens.
    Warned,
    /// In mode `enforce` it would have blocked.
    WouldBlock,
    /// The statement did not run.
    Blocked,
    /// It would have blocked, but `warden.bypass` was set.
    Bypassed,
    /// Whoever wrote the statement opted out.
    Allowed,
    /// An administrator made an exception.
    Exempt,
}

impl Action {
    /// The word in the journal.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Warned => "warned",
            Self::WouldBlock => "would-block",
            Self::Blocked => "blocked",
            Self::Bypassed => "bypassed",
            Self::Allowed => "allowed",
            Self::Exempt => "exempt",
        }
    }
}

/// Why nothing is said of a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Excuse {
    /// An exemption, by its number.
    Exempt {
        /// As in `warden.exemptions`.
        id: i64,
        /// Why, in the words of who made it.
        reason: String,
    },
    /// An opt-out in the statement or for the transaction.
    Allowed {
        /// Why, in the words of who wrote it.
        reason: String,
    },
}

/// A finding with what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What was found.
    pub finding: Finding,
    /// Its level here.
    pub level: Level,
    /// What is done.
    pub decision: Decision,
    /// What the journal says of it.
    pub action: Action,
    /// In mode `enforce` it would block, were its rule at level error.
    pub can_block: bool,
    /// Why it was let pass, where it was.
    pub excuse: Option<Excuse>,
}

impl Verdict {
    /// Whether the journal keeps it: what nobody would be warned of is not worth a line.
    #[must_use]
    pub fn is_recorded(&self) -> bool {
        self.level >= Level::Warning
    }
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

impl Levels {
    /// With the levels of another list over these.
    #[must_use]
    pub fn under(mut self, over: Self) -> Self {
        self.0.extend(over.0);
        self
    }

    /// Adds a level.
    pub fn set(&mut self, rule: &'static str, level: Level) {
        self.0.insert(rule, level);
    }
}

/// Settings that decide, read once a statement.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Findings at level error block.
    pub enforces: bool,
    /// Nothing blocks: an administrator says why.
    pub bypasses: bool,
    /// The lowest level that is said; `None` for none.
    pub notify: Option<Level>,
    /// Decisions are recorded.
    pub journals: bool,
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
        let is_recorded = self.journals && level >= Level::Warning;
        rule.level == Level::Error || blocks || is_said || is_recorded
    }

    /// What to do with one finding that nothing excuses.
    #[must_use]
    pub fn decide(&self, finding: &Finding) -> Decision {
        let level = self.levels.weigh(finding);
        if level == Level::Off {
            Decision::Silent
        } else if self.enforces && !self.bypasses && self.would_block(finding) {
            Decision::Block
        } else if self.notify.is_none_or(|lowest| level < lowest) {
            Decision::Silent
        } else if level == Level::Info {
            Decision::Notice
        } else {
            Decision::Warning
        }
    }

    /// Whether nobody wants to know of it.
    #[must_use]
    pub fn is_off(&self, finding: &Finding) -> bool {
        self.levels.weigh(finding) == Level::Off
    }

    /// Whether mode `enforce` would stop the statement for this.
    #[must_use]
    pub fn would_block(&self, finding: &Finding) -> bool {
        self.levels.weigh(finding) == Level::Error && can_block(finding)
    }

    fn verdict(&self, finding: Finding, excuse: Option<Excuse>) -> Verdict {
        let (level, would_block) = (self.levels.weigh(&finding), self.would_block(&finding));
        let decision = if excuse.is_some() { Decision::Silent } else { self.decide(&finding) };
        let action = match (&excuse, decision) {
            (Some(Excuse::Exempt { .. }), _) => Action::Exempt,
            (Some(Excuse::Allowed { .. }), _) => Action::Allowed,
            (None, Decision::Block) => Action::Blocked,
            (None, _) if would_block && self.bypasses => Action::Bypassed,
            (None, _) if would_block => Action::WouldBlock,
            (None, _) => Action::Warned,
        };
        let can_block = can_block(&finding);
        Verdict { finding, level, decision, action, can_block, excuse }
    }

    /// The findings of one statement, each with what excuses it, and what becomes of them, in the order they are said:
    /// reminders give way to errors, what does not block comes first, and among equals the higher level and the earlier action.
    /// Those that are off are left out, those that are silent are not.
    #[must_use]
    pub fn arrange(&self, findings: Vec<(Finding, Option<Excuse>)>) -> Vec<Verdict> {
        let mut verdicts: Vec<_> = findings
            .into_iter()
            .filter(|(finding, _)| !self.is_off(finding))
            .map(|(finding, excuse)| self.verdict(finding, excuse))
            .collect();
        let is_error =
            |verdict: &Verdict| verdict.excuse.is_none() && !verdict.finding.reminder && verdict.level == Level::Error;
        if verdicts.iter().any(is_error) {
            verdicts.retain(|verdict| !verdict.finding.reminder);
        }
        verdicts.sort_by_key(|verdict| {
            (verdict.decision == Decision::Block, std::cmp::Reverse(verdict.level), verdict.finding.order)
        });
        verdicts
    }
}

/// Whether a finding may block at all: not one that foresees the server's own error, or that could not be checked, nor one
/// whose check made less of it than its rule does.
fn can_block(finding: &Finding) -> bool {
    let is_lowered = rules::find(finding.rule).is_some_and(|rule| finding.level < rule.level);
    !finding.never_blocks && !finding.not_checked && !is_lowered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(enforces: bool, notify: Option<Level>, levels: &str) -> Policy {
        Policy { enforces, bypasses: false, notify, journals: false, levels: Levels::parse(levels).unwrap() }
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
        assert!(Policy { journals: true, ..policy(false, None, "") }.hears(warning));
    }

    #[test]
    fn reminders_give_way_to_errors_and_what_blocks_comes_last() {
        let reminder = finding("lock-timeout-missing", Level::Warning).reminder();
        let policy = policy(true, Some(Level::Warning), "");
        let error = (finding(ERROR, Level::Error), None);
        let others = vec![(reminder.clone(), None), (finding(WARNING, Level::Warning), None)];
        let order = |verdicts: Vec<Verdict>| verdicts.iter().map(|verdict| verdict.finding.rule).collect::<Vec<_>>();
        assert_eq!(order(policy.arrange([vec![error], others.clone()].concat())), [WARNING, ERROR]);
        assert_eq!(policy.arrange(vec![(reminder, None)]).len(), 1);
        // An error that is excused makes no reminder superfluous.
        let excused = (finding(ERROR, Level::Error), Some(Excuse::Allowed { reason: "r".into() }));
        assert_eq!(policy.arrange([vec![excused], others].concat()).len(), 3);
    }

    #[test]
    fn the_journal_tells_what_became_of_each() {
        let action = |policy: &Policy, finding: Finding, excuse: Option<Excuse>| {
            policy.arrange(vec![(finding, excuse)])[0].action
        };
        let (warns, enforces) = (policy(false, None, ""), policy(true, None, ""));
        let error = || finding(ERROR, Level::Error);
        assert_eq!(action(&warns, error(), None), Action::WouldBlock);
        assert_eq!(action(&warns, error().never_blocks(), None), Action::Warned);
        assert_eq!(action(&enforces, error(), None), Action::Blocked);
        assert_eq!(action(&enforces, finding(WARNING, Level::Warning), None), Action::Warned);
        assert_eq!(action(&Policy { bypasses: true, ..enforces.clone() }, error(), None), Action::Bypassed);
        let exempt = Excuse::Exempt { id: 1, reason: "r".into() };
        assert_eq!(action(&enforces, error(), Some(exempt.clone())), Action::Exempt);
        assert_eq!(enforces.arrange(vec![(error(), Some(exempt))])[0].decision, Decision::Silent);
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
