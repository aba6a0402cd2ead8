//! Opt-outs in a script, and exemptions: what lint does not say.
#![forbid(unsafe_code)]

use super::script::{self, Step};
use crate::ast::{Comment, Located, Source, Statement};
use crate::config::{self, InlineAllow};
use crate::error::{Code, Error};
use crate::finding::{Finding, Level};
use crate::guard;
use crate::policy::allow::{Allow, BadAllow, MARK};
use crate::policy::{exemption, kept};
use crate::rules;
use crate::store;
use std::collections::HashMap;

/// Stands where a rule's name does, for an opt-out that does nothing, or cannot be read.
pub(super) const OPT_OUT: &str = "allow-comment";

/// A comment of a script that is an opt-out, and the statement it belongs to, by its start.
struct InScript {
    at: usize,
    statement: Option<usize>,
    read: Result<Allow, BadAllow>,
}

/// Findings without those that the script opts out of or an administrator has exempted, and findings about opt-outs that do
/// nothing.
///
/// # Errors
/// When the exemptions cannot be read.
pub(super) fn suppress(
    findings: Vec<Finding>,
    statements: &[Located],
    script: &[u8],
    in_transaction: bool,
) -> Result<Vec<Finding>, Error> {
    let has_mark = script.windows(MARK.len()).any(|bytes| bytes == MARK.as_bytes());
    let comments = if has_mark { Source::known(script).comments() } else { Vec::new() };
    let in_script: Vec<_> = comments.iter().filter_map(|c| in_script(c, statements)).collect();
    let (kept, role) = (kept::now(), store::session_role());
    let by_transaction = allows_by_transaction(statements, in_transaction);
    let mut used = vec![Vec::new(); in_script.len()];
    let mut left = Vec::with_capacity(findings.len());
    for finding in findings {
        let exempt =
            exemption::find(&finding, &role, &kept).map_err(|reason| Error::new(Code::LockNotAvailable, reason))?;
        let statement = statement_of(&finding, statements);
        let allowed = statement.and_then(|at| by_transaction.get(&at)).is_some_and(|(before, at_commit)| {
            let allows = if finding.statement_at.is_some() { before } else { at_commit };
            allows.iter().any(|allow| allow.names(finding.rule)) && may_pass(&finding)
        });
        let allowed_by = in_script.iter().position(|comment| {
            comment.statement.is_some()
                && comment.statement == statement
                && comment.read.as_ref().is_ok_and(|allow| allow.names(finding.rule))
                && may_pass(&finding)
        });
        match allowed_by {
            _ if exempt.is_some() || allowed => {}
            Some(comment) => used[comment].push(finding.rule),
            None => left.push(finding),
        }
    }
    left.extend(in_script.iter().zip(used).filter_map(|(comment, used)| problem(comment, &used)));
    Ok(left)
}

/// The start of the statement that a finding is about; what is judged at COMMIT has only a place in it.
fn statement_of(finding: &Finding, statements: &[Located]) -> Option<usize> {
    let at = finding.statement_at.or(finding.at)?;
    let after = statements.partition_point(|statement| statement.start <= at);
    statements.get(after.checked_sub(1)?).map(|statement| statement.start)
}

/// By the start of each statement, what `SET LOCAL warden.allow` lets pass when it runs, and when its transaction commits.
type ByTransaction = HashMap<usize, (Vec<Allow>, Vec<Allow>)>;

fn allows_by_transaction(statements: &[Located], in_transaction: bool) -> ByTransaction {
    let (mut by_statement, mut active, mut members) = (ByTransaction::new(), Vec::new(), Vec::new());
    script::walk(statements, in_transaction, |step| match step {
        Step::Begin => (active, members) = (Vec::new(), Vec::new()),
        Step::Run { statement, .. } => {
            if let Statement::Set { name, value: Some(value), local: true } = &statement.statement
                && name == "warden.allow"
            {
                active = Allow::parse(value).into_iter().collect();
            }
            by_statement.insert(statement.start, (active.clone(), Vec::new()));
            members.push(statement.start);
        }
        Step::Commit | Step::Rollback => {
            for start in members.drain(..) {
                by_statement.entry(start).and_modify(|(_, at_commit)| at_commit.clone_from(&active));
            }
        }
    });
    by_statement
}

fn in_script(comment: &Comment, statements: &[Located]) -> Option<InScript> {
    let read = Allow::of_comment(&comment.text)?;
    let statement = statements.iter().find(|s| comment.belongs_to(s.start, s.start + s.len)).map(|s| s.start);
    Some(InScript { at: comment.at, statement, read })
}

fn may_pass(finding: &Finding) -> bool {
    match config::INLINE_ALLOW.get() {
        InlineAllow::All => true,
        InlineAllow::Warnings => finding.level < Level::Error || finding.never_blocks || finding.not_checked,
        InlineAllow::None => false,
    }
}

/// What is wrong with an opt-out that let these rules pass.
fn problem(comment: &InScript, used: &[&str]) -> Option<Finding> {
    let finding = match &comment.read {
        Err(bad) => Finding::new(OPT_OUT, Level::Error, "", "the opt-out cannot be read").detail(bad.explain()),
        Ok(allow) => {
            let unused: Vec<_> =
                allow.rules.iter().filter(|rule| !used.contains(rule) && is_asked(rule)).copied().collect();
            if unused.is_empty() {
                return None;
            }
            let finding = Finding::new(OPT_OUT, Level::Info, "", format!("nothing to allow: {}", unused.join(", ")));
            finding.detail(if comment.statement.is_some() {
                "Its statement has no such finding, or may not opt out of it."
            } else {
                "It belongs to no statement: an opt-out stands before its statement, or in it."
            })
        }
    };
    Some(Finding { statement_at: comment.statement, ..finding.at(Some(comment.at)) })
}

/// A rule that lint does not ask may have its reason in the guard.
fn is_asked(rule: &str) -> bool {
    let levels = guard::levels();
    rules::find(rule).is_some_and(|rule| {
        levels.of(rule.id).unwrap_or(rule.level) != Level::Off
            && rule.checks.iter().any(|check| check.engines().contains("lint"))
    })
}
