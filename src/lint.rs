//! The rules over SQL text that is not run.

use crate::ast::{self, Located, SyntaxError};
use crate::error::emit;
use crate::error::{Code, Error};
use crate::facts::live::{Live, Planning};
use crate::facts::script::ScriptFacts;
use crate::finding::{Finding, Level};
use crate::guard;
use crate::policy::set::refreshed;
use crate::rows::{self, Row};
use crate::rules;
use crate::text::{self, Text};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use std::collections::{HashMap, HashSet};

mod script;
mod suppress;

/// Stands where a rule's name does, for a text that is not SQL.
const SYNTAX_ERROR: &str = "syntax-error";

/// More findings of one rule than these are counted in a last row of it.
const MOST_OF_A_RULE: usize = 100;

/// Findings of the rules over a script, of which nothing runs.
///
/// # Arguments
/// * `script` - SQL statements, separated by semicolons
/// * `in_transaction` - whether the script runs as one transaction; NULL for "unless it says otherwise"
///
/// # Errors
/// 22004 for a NULL script.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.lint(script pg_catalog.text, in_transaction pg_catalog.bool DEFAULT NULL)
    RETURNS SETOF warden.finding LANGUAGE c STABLE AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.lint(pg_catalog.text, pg_catalog.bool) IS
    'findings of the rules over a script, of which nothing runs; in_transaction NULL: one transaction unless the script says otherwise';
"#,
    requires = ["schema"]
)]
fn lint(
    script: Option<Text>,
    in_transaction: default!(Option<bool>, "NULL"),
) -> Result<SetOfIterator<'static, Row>, ErrorReport> {
    let script = script.ok_or_else(|| {
        Error::new(Code::NullNotAllowed, "script must not be null")
            .hint("Pass the text of a migration: SELECT * FROM warden.lint('ALTER TABLE ...');")
    })?;
    refreshed()?;
    let script = text::encode(&script.0);
    let parsed = ast::parse(&script);
    if parsed.statements.is_empty() && parsed.error.is_none() {
        emit::notice("the script contains no statement");
    }
    let in_transaction = in_transaction.unwrap_or_else(|| script::is_one_transaction(&parsed.statements));
    let findings = weigh(judge(&parsed.statements, in_transaction));
    let mut findings = suppress::suppress(findings, &parsed.statements, &script, in_transaction)?;
    findings.extend(parsed.error.map(syntax_error));
    // What is judged at COMMIT goes to the statement that did it.
    findings.sort_by_key(|finding| finding.statement_at.or(finding.at));
    Ok(rows::rows(located(cap(findings), &parsed.statements, &script)))
}

fn judge(statements: &[Located], in_transaction: bool) -> Vec<Finding> {
    let live = Live::new(Planning::Never);
    let mut facts = ScriptFacts::new(&live, statements);
    let (selection, mut report) = (rules::Selection::all(), rules::Report::new());
    script::walk(statements, in_transaction, |step| {
        pgrx::check_for_interrupts!();
        match step {
            script::Step::Begin => facts.begin(),
            script::Step::Run { statement, alone } => {
                let (before, later) = script::around(statements, statement);
                facts.set_place(!alone, before, if alone { &[] } else { later });
                let case = rules::Case::new(&statement.statement, &facts);
                rules::judge_at(&case, &selection, statement.start, &mut report);
                let effects = case.into_effects();
                facts.run(statement, effects, alone);
            }
            script::Step::Commit => {
                rules::judge_commit(facts.worse(), &facts, &mut report);
                facts.commit();
            }
            script::Step::Rollback => facts.rollback(),
        }
    });
    rules::judge_script(statements, in_transaction, &mut report);
    report.into_findings()
}

fn syntax_error(error: SyntaxError) -> Finding {
    Finding::new(SYNTAX_ERROR, Level::Error, "", error.message)
        .detail("The statements before it were checked; those from it on were not.")
        .at(error.at)
}

/// Levels as they are set, without what is off, and each reminder once; a reminder gives way to an error of its
/// statement, as in the guard.
fn weigh(findings: Vec<Finding>) -> Vec<Finding> {
    let levels = guard::levels();
    let with_errors: HashSet<Option<usize>> = findings
        .iter()
        .filter(|finding| !finding.reminder && levels.weigh(finding) == Level::Error)
        .map(|finding| finding.statement_at)
        .collect();
    let mut reminded = HashSet::new();
    findings
        .into_iter()
        .filter(|finding| !finding.reminder || !with_errors.contains(&finding.statement_at))
        .filter(|finding| !finding.reminder || reminded.insert(finding.rule))
        .map(|finding| {
            let level = levels.weigh(&finding);
            finding.level(level)
        })
        .filter(|finding| finding.level != Level::Off)
        .collect()
}

/// At most [`MOST_OF_A_RULE`] of each rule, and one more that counts the others.
fn cap(mut findings: Vec<Finding>) -> Vec<Finding> {
    let mut counts: HashMap<&'static str, usize> = HashMap::new();
    findings.retain(|finding| {
        let count = counts.entry(finding.rule).or_default();
        *count += 1;
        *count <= MOST_OF_A_RULE
    });
    let mut over: Vec<_> = counts.into_iter().filter(|(_, count)| *count > MOST_OF_A_RULE).collect();
    over.sort_unstable();
    for (rule, count) in over {
        let level = findings.iter().find(|finding| finding.rule == rule).map_or(Level::Info, |finding| finding.level);
        let more = rules::Quantity::count(count - MOST_OF_A_RULE);
        findings.push(Finding::new(rule, level, "", format!("and {more} more")));
    }
    findings
}

/// Statement, line and column of each finding.
fn located(findings: Vec<Finding>, statements: &[Located], script: &[u8]) -> Vec<Row> {
    let lines = script::Lines::of(script);
    findings
        .into_iter()
        .map(|finding| {
            let at = finding.at.or(finding.statement_at);
            let place = at.map(|at| lines.place(at));
            let statement = match finding.rule {
                SYNTAX_ERROR => i32::try_from(statements.len() + 1).ok(),
                suppress::OPT_OUT => finding.statement_at.and_then(|at| script::number_of(statements, at)),
                _ => at.and_then(|at| script::number_of(statements, at)),
            };
            Row { statement, line: place.map(|(line, _)| line), column: place.map(|(_, column)| column), finding }
        })
        .collect()
}
