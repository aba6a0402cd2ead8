//! A script as a sequence of transactions, and places in its text.

use crate::ast::{Located, Statement, Transaction};
use crate::text;

/// What happens next in a script.
pub(super) enum Step<'a> {
    /// A transaction begins.
    Begin,
    /// A statement runs, perhaps as a transaction of its own.
    Run { statement: &'a Located, alone: bool },
    /// The transaction commits.
    Commit,
    /// The transaction is rolled back.
    Rollback,
}

/// Whether a script runs as one transaction, when nobody says: unless it begins transactions itself, or holds a
/// statement that refuses to run in one.
pub(super) fn is_one_transaction(statements: &[Located]) -> bool {
    !statements.iter().any(|located| {
        located.statement == Statement::Transaction(Transaction::Begin)
            || located.statement.refused_in_transaction().is_some()
    })
}

/// The statement before one of a script, and those that follow it.
pub(super) fn around<'a>(statements: &'a [Located], statement: &Located) -> (Option<&'a Located>, &'a [Located]) {
    let here = statements.partition_point(|other| other.start < statement.start);
    let before = here.checked_sub(1).and_then(|before| statements.get(before));
    (before, statements.get(here + 1..).unwrap_or_default())
}

/// Walks the transactions of a script. What is open at its end commits there.
pub(super) fn walk<'a>(statements: &'a [Located], in_transaction: bool, mut step: impl FnMut(Step<'a>)) {
    let mut open = in_transaction;
    if open {
        step(Step::Begin);
    }
    for statement in statements {
        match (&statement.statement, open) {
            (Statement::Transaction(Transaction::Begin), false) => {
                open = true;
                step(Step::Begin);
            }
            (Statement::Transaction(Transaction::Commit), true) => {
                open = false;
                step(Step::Commit);
            }
            (Statement::Transaction(Transaction::Rollback), true) => {
                open = false;
                step(Step::Rollback);
            }
            (Statement::Transaction(Transaction::Chain { commit }), true) => {
                step(if *commit { Step::Commit } else { Step::Rollback });
                step(Step::Begin);
            }
            (Statement::Transaction(_), _) => {}
            (_, true) => step(Step::Run { statement, alone: false }),
            (_, false) => {
                step(Step::Begin);
                step(Step::Run { statement, alone: true });
                step(Step::Commit);
            }
        }
    }
    if open {
        step(Step::Commit);
    }
}

/// The number, from 1, of the statement that a byte offset lies in.
pub(super) fn number_of(statements: &[Located], at: usize) -> Option<i32> {
    let after = statements.partition_point(|statement| statement.start <= at);
    i32::try_from(after.max(1)).ok()
}

/// Where the lines of a text begin.
pub(super) struct Lines<'a> {
    text: &'a [u8],
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a [u8]) -> Self {
        let after_breaks = text.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(i, _)| i + 1);
        Self { text, starts: std::iter::once(0).chain(after_breaks).collect() }
    }

    /// Line and column, both from 1, the column in characters.
    pub(super) fn place(&self, at: usize) -> (i32, i32) {
        let line = self.starts.partition_point(|start| *start <= at);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0);
        let before = self.text.get(start..at.min(self.text.len())).unwrap_or_default();
        let column = text::decode(before).chars().count() + 1;
        (i32::try_from(line).unwrap_or(i32::MAX), i32::try_from(column).unwrap_or(i32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let lines = Lines::of(b"a\nbc\n\nd");
        assert_eq!([lines.place(0), lines.place(2), lines.place(3), lines.place(6)], [(1, 1), (2, 1), (2, 2), (4, 1)]);
        assert_eq!(lines.place(99), (4, 2));
    }

    fn script(statements: Vec<Statement>) -> Vec<Located> {
        statements.into_iter().enumerate().map(|(i, statement)| Located { statement, start: i * 10, len: 5 }).collect()
    }

    fn steps(statements: Vec<Statement>, in_transaction: bool) -> String {
        let mut letters = String::new();
        walk(&script(statements), in_transaction, |step| {
            letters.push(match step {
                Step::Begin => 'B',
                Step::Run { alone: true, .. } => 'a',
                Step::Run { alone: false, .. } => 's',
                Step::Commit => 'C',
                Step::Rollback => 'R',
            });
        });
        letters
    }

    #[test]
    fn transactions_are_followed() {
        use Statement::{Other, Transaction as T};
        let (begin, commit, rollback) = (T(Transaction::Begin), T(Transaction::Commit), T(Transaction::Rollback));
        assert_eq!(steps(vec![Other, Other], true), "BssC");
        assert_eq!(steps(vec![Other, Other], false), "BaCBaC");
        assert_eq!(steps(vec![begin.clone(), Other, commit, Other], false), "BsCBaC");
        assert_eq!(steps(vec![begin.clone(), Other, rollback], false), "BsR");
        assert_eq!(steps(vec![begin, Other], false), "BsC");
    }

    #[test]
    fn what_stands_around_a_statement_is_known() {
        let statements = script(vec![Statement::Other, Statement::Do, Statement::AlterSystem]);
        assert_eq!(around(&statements, &statements[0]), (None, &statements[1..]));
        assert_eq!(around(&statements, &statements[2]), (Some(&statements[1]), &[][..]));
        assert!(!is_one_transaction(&statements), "ALTER SYSTEM is refused in one");
        assert!(is_one_transaction(&statements[..2]));
    }

    #[test]
    fn statements_are_numbered_by_place() {
        let statements = script(vec![Statement::Other, Statement::Other]);
        assert_eq!([0, 9, 10, 99].map(|at| number_of(&statements, at)), [Some(1), Some(1), Some(2), Some(2)]);
    }
}
