//! The rules on the statement that is about to run, and on the transaction that is about to commit.

use crate::config::{self, InlineAllow, Journal, Mode, Notify};
use crate::error::emit::{Parts, Report, Severity};
use crate::finding::{Finding, Level};
use crate::policy::allow::Allow;
use crate::policy::{Decision, Levels, Policy, Verdict, exemption, kept};
use crate::rules::{self, Check, Selection};
use core::cell::{Cell, RefCell};
use journal::Place;
use opt_out::OptOuts;
use std::rc::Rc;
use text::Written;

pub(crate) mod commit;
pub(crate) mod event;
pub(crate) mod journal;
mod lock_wait;
mod opt_out;
mod text;

/// More findings than these about one statement are counted, not said.
const MOST_FINDINGS: usize = 20;

/// For what is said about the guard itself.
const OWN_SQLSTATE: &str = "WD000";

/// What the checks are selected by: mode, level of notices, whether decisions are recorded, levels of rules by the setting,
/// which reading of the policy, and how many reminders there were.
type Settings = (Mode, Notify, bool, String, u64, usize);

thread_local! {
    /// Rules whose reminder this session has had.
    static REMINDED: RefCell<Vec<&'static str>> = RefCell::default();
    /// The checks that are asked, and the settings and reminders they were selected by.
    static SELECTED: RefCell<Option<(Settings, Rc<Selection>)>> = const { RefCell::new(None) };
    /// Whether this session's log line about a restore is written.
    static RESTORE_LOGGED: Cell<bool> = const { Cell::new(false) };
}

/// The mode in effect: as set, or as kept for the database when the policy was last read.
pub(crate) fn mode() -> Mode {
    match config::MODE.get() {
        Mode::Policy => kept::now().mode(),
        mode => mode,
    }
}

/// The levels in effect: those of the setting over those that are kept.
pub(crate) fn levels() -> Levels {
    // A list that cannot be read was refused when it was set.
    let set = Levels::parse(&config::text(&config::RULE_LEVELS)).unwrap_or_default();
    kept::now().levels.clone().under(set)
}

/// The policy in effect.
fn policy() -> Policy {
    Policy {
        enforces: mode() == Mode::Enforce,
        bypasses: !config::text(&config::BYPASS).is_empty(),
        notify: match config::NOTIFY.get() {
            Notify::Info => Some(Level::Info),
            Notify::Warning => Some(Level::Warning),
            Notify::Error => Some(Level::Error),
            Notify::None => None,
        },
        journals: config::JOURNAL.get() != Journal::Off,
        levels: levels(),
    }
}

/// Where findings were made, and what is known of it.
struct Context<'a> {
    place: Place,
    /// The command tag.
    tag: String,
    /// As the client wrote it, where that is known.
    statement: Option<Written>,
    /// Whether it runs CONCURRENTLY, and so commits before it has ended.
    commits_within: bool,
    opt_outs: OptOuts,
    /// Turns a byte offset into a character position of the query string, where that is known.
    position: &'a dyn Fn(usize) -> Option<usize>,
}

/// A finding, and the opt-outs of the statement that made it, where that is not the one that runs.
struct Found {
    finding: Finding,
    allows: Vec<Allow>,
}

impl From<Finding> for Found {
    fn from(finding: Finding) -> Self {
        Self { finding, allows: Vec::new() }
    }
}

/// Reports for findings, in the order they are said, the journal's first; at most the last raises an error.
fn reports(found: Vec<Found>, context: &Context<'_>) -> Vec<Report> {
    let policy = policy();
    let found: Vec<_> = found.into_iter().filter(|found| !policy.is_off(&found.finding)).collect();
    if found.is_empty() {
        return Vec::new();
    }
    let (kept, role) = (kept::now(), crate::store::session_role());
    let (mut unread, mut limited) = (None, false);
    let mut weighed = Vec::with_capacity(found.len());
    for Found { finding, allows } in found {
        let exempt = exemption::find(&finding, &role, &kept).unwrap_or_else(|reason| {
            unread = Some(reason);
            None
        });
        let would_block = policy.would_block(&finding);
        let excuse = exempt.or_else(|| context.opt_outs.excuse(&finding, would_block, &allows));
        limited |= excuse.is_none() && would_block && context.opt_outs.names(finding.rule);
        weighed.push((finding, excuse));
    }
    let mut verdicts = policy.arrange(weighed);
    verdicts.retain(|verdict| !verdict.finding.reminder || is_first_reminder(verdict.finding.rule));
    let mut reports = journal::record(&verdicts, context);
    reports.extend(unread.map(|reason| own_warning("pg_warden could not read its exemptions", &reason)));
    if limited && config::INLINE_ALLOW.get() == InlineAllow::Warnings {
        let why = "It would let pass what blocks, for which warden.inline_allow is \"warnings\".";
        reports.push(own_warning("opt-out is not in effect", why));
    }
    reports.extend(context.opt_outs.problems.iter().map(|problem| own_warning("opt-out is not in effect", problem)));
    let blocking: Vec<&Finding> =
        verdicts.iter().filter(|verdict| verdict.decision == Decision::Block).map(|verdict| &verdict.finding).collect();
    let said: Vec<&Verdict> =
        verdicts.iter().filter(|verdict| matches!(verdict.decision, Decision::Notice | Decision::Warning)).collect();
    reports.extend(said.iter().take(MOST_FINDINGS).map(|verdict| said_report(verdict, context)));
    if said.len() > MOST_FINDINGS {
        reports.push(own_warning(
            &format!("and {} more findings", said.len() - MOST_FINDINGS),
            "warden.lint shows them all.",
        ));
    }
    if let Some((first, others)) = blocking.split_first() {
        reports.push(block_report(first, others, context));
    }
    reports
}

fn said_report(verdict: &Verdict, context: &Context<'_>) -> Report {
    let finding = &verdict.finding;
    let severity = if verdict.decision == Decision::Notice { Severity::Notice } else { Severity::Warning };
    let not_checked = if finding.not_checked { "not checked: " } else { "" };
    Report::new(&Parts {
        severity,
        sqlstate: sqlstate(finding),
        message: &format!("{not_checked}{} [{}]", finding.message, finding.rule),
        detail: finding.detail.as_deref(),
        hint: finding.hint.as_deref(),
        constraint: Some(finding.rule),
        position: finding.at.and_then(context.position),
    })
}

fn block_report(finding: &Finding, others: &[&Finding], context: &Context<'_>) -> Report {
    let mut detail = finding.detail.clone().unwrap_or_default();
    if !others.is_empty() {
        let listed: Vec<_> =
            others.iter().take(MOST_FINDINGS).map(|other| format!("{} [{}]", other.message, other.rule)).collect();
        detail.push_str(&format!("\nBlocked as well: {}", listed.join("; ")));
        if others.len() > MOST_FINDINGS {
            detail.push_str(&format!("; and {} more", others.len() - MOST_FINDINGS));
        }
    }
    let rules: Vec<_> = [finding].into_iter().chain(others.iter().copied()).map(|finding| finding.rule).collect();
    let hint = block_hint(finding.hint.as_deref(), &rules, context);
    Report::new(&Parts {
        severity: Severity::Error,
        sqlstate: sqlstate(finding),
        message: &format!("not run: {} [{}]", finding.message, finding.rule),
        detail: Some(detail.trim_start()).filter(|detail| !detail.is_empty()),
        hint: Some(&hint).filter(|hint| !hint.is_empty()).map(String::as_str),
        constraint: Some(finding.rule),
        position: finding.at.and_then(context.position),
    })
}

/// The safe way, the way out for those who have it, and whom to ask.
fn block_hint(safe: Option<&str>, rules: &[&'static str], context: &Context<'_>) -> String {
    let mut hint = Vec::new();
    if let Some(safe) = safe {
        hint.push(format!("Safe: {}", within_sentence(safe)));
    }
    hint.extend(way_out(rules, context));
    let contact = config::text(&config::CONTACT);
    if !contact.is_empty() {
        hint.push(format!("Questions: {contact}"));
    }
    hint.join("\n")
}

/// How the statement runs as it is, for those who may have it so.
fn way_out(rules: &[&'static str], context: &Context<'_>) -> Option<String> {
    let mut named = rules.to_vec();
    named.sort_unstable();
    named.dedup();
    let rules = named.join(", ");
    if config::INLINE_ALLOW.get() != InlineAllow::All {
        return event::is_superuser()
            .then(|| "As it is: SET warden.bypass = '<reason>'; before it, as a superuser.".to_owned());
    }
    Some(match (context.place, context.statement) {
        (Place::Start | Place::Rewrite, Some(_)) => {
            format!("As it is: put /* warden:allow {rules}: <reason> */ before it.")
        }
        (Place::Commit, _) => format!("As it is: SET LOCAL warden.allow = '{rules}: <reason>'; before COMMIT."),
        (_, None) => format!("As it is: SET LOCAL warden.allow = '{rules}: <reason>'; in the transaction before it."),
    })
}

/// A sentence that goes on after a colon begins in lower case, SQL does not.
fn within_sentence(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain([second]).chain(letters).collect()
        }
        _ => text.to_owned(),
    }
}

fn sqlstate(finding: &Finding) -> &'static str {
    rules::find(finding.rule).map_or(OWN_SQLSTATE, |rule| rule.sqlstate)
}

/// Whether this session has not had a rule's reminder; now it has.
fn is_first_reminder(rule: &'static str) -> bool {
    REMINDED.with_borrow_mut(|rules| {
        let first = !rules.contains(&rule);
        if first {
            rules.push(rule);
        }
        first
    })
}

/// The checks that this session asks about its statements. What nobody would hear is not asked, nor what it has been
/// reminded of.
fn selection() -> Rc<Selection> {
    SELECTED.with_borrow_mut(|selected| {
        let settings = (
            mode(),
            config::NOTIFY.get(),
            config::JOURNAL.get() != Journal::Off,
            config::text(&config::RULE_LEVELS),
            kept::now().reading,
            REMINDED.with_borrow(Vec::len),
        );
        match selected {
            Some((known, selection)) if *known == settings => Rc::clone(selection),
            _ => Rc::clone(&selected.insert((settings, Rc::new(select()))).1),
        }
    })
}

fn select() -> Selection {
    let (policy, reminded) = (policy(), REMINDED.with_borrow(Clone::clone));
    let is_asked = |check: &Check| check.is_of_statements() && !matches!(check, Check::Unseen(_));
    Selection::of(|rule| policy.hears(rule) && !reminded.contains(&rule.id), is_asked)
}

/// A warning about the guard itself.
fn own_warning(message: &str, detail: &str) -> Report {
    Report::new(&Parts { sqlstate: OWN_SQLSTATE, detail: Some(detail), ..Parts::plain(Severity::Warning, message) })
}

/// In mode `warn`, a session that restores a dump is not talked to: nobody reads it, and it loads what was there before.
fn is_quiet_for_restore() -> bool {
    mode() == Mode::Warn && event::is_restoring()
}

/// The one log line of a session that restores.
fn restore_report() -> Option<Report> {
    (!RESTORE_LOGGED.replace(true)).then(|| {
        let message = "pg_warden says nothing about this session, which restores a dump";
        Report::new(&Parts::plain(Severity::Log, message))
    })
}

#[cfg(test)]
mod tests {
    use super::within_sentence;

    #[test]
    fn prose_goes_on_in_lower_case_and_sql_stays() {
        assert_eq!(within_sentence("In two transactions: ALTER"), "in two transactions: ALTER");
        assert_eq!(within_sentence("CREATE INDEX"), "CREATE INDEX");
        assert_eq!(within_sentence("A transaction each"), "A transaction each");
    }
}
