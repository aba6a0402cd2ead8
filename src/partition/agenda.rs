//! What is to be done for a managed table: one list, which the plan shows and maintenance works off.

use super::apply::{self, Caller, Situation};
use super::bounds::{Edge, Point};
use super::detached::{self, Detached};
use super::grid::Mark;
use super::guard::{self, Guarded};
use super::inspect::{self, Series, Start};
use super::key::Kind;
use super::plan::{self, Method, Shown, Sibling, SiblingKind, Step, Wanted};
use super::policy::{Policy, Removal, Span};
use super::{calendar, default_made, retention};
use crate::error::{Code, Error};
use crate::spi;
use crate::text::Text;
use pgrx::prelude::*;

/// The most partitions that one run takes away from a table.
pub(super) const MOST_REMOVED: usize = 12;

/// One thing to do, in a transaction of its own.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) action: &'static str,
    /// Qualified and quoted.
    pub(super) partition: String,
    /// `None`: of the default.
    pub(super) shown: Option<Shown>,
    /// In order; none for what cannot be done.
    pub(super) sql: Vec<String>,
    pub(super) locks: String,
    pub(super) risk: String,
    pub(super) task: Task,
}

#[derive(Debug)]
pub(super) enum Task {
    Finalize,
    Create(Wanted),
    CreateDefault,
    /// A constraint keeps rows of the range out of the default,
    Guard(Wanted),
    /// is proved,
    Validate(Wanted),
    /// and dropped with the creation,
    CreateGuarded(Wanted),
    /// or without.
    Unguard,
    /// For when what stands before it is done.
    Later,
    Remove(Sibling, Removal),
    /// What is left to do for one that is detached.
    Finish(Detached),
    /// It is wanted, and this is in the way.
    Blocked(Error),
}

/// All that is to be done for a table as of a moment, in the order in which it is done: FINALIZE first, for what is being
/// detached keeps its range, then what was detached; what is new before what is old, for that matters more. `most`: how many may be
/// taken away.
///
/// # Errors
/// The table is none whose partitions can be managed.
pub(super) fn look(policy: &Policy, as_of: i64, most: usize) -> Result<Vec<Job>, Error> {
    let at = situation(policy)?;
    let now = calendar::mark_of_instant(at.key.kind, &policy.zone, as_of);
    let mut jobs: Vec<Job> = at.siblings.iter().filter(|s| s.is_detaching).map(|s| finalize(&at, s)).collect();
    jobs.extend(detached::jobs(&at, policy, &now)?);
    let guarded = Guarded::read(&at)?;
    let creations = creations(&at, policy, &now, guarded.as_ref())?;
    jobs.extend(guarded.and_then(|guarded| guarded.drop_stray(&creations)));
    jobs.extend(creations);
    if policy.creates_default && at.facts.default.is_none() {
        // After the others, which need not look into it then.
        jobs.push(default_creation(&at)?);
    }
    // Where something is made first, no old one is the last.
    let is_extended = jobs
        .iter()
        .any(|job| matches!(job.task, Task::Create(_) | Task::Guard(_) | Task::Validate(_) | Task::CreateGuarded(_)));
    let wanted = Removals { keep: policy.retention, removal: policy.removal, most, takes_last: is_extended };
    jobs.extend(removals(&at, policy, &now, &wanted)?);
    Ok(jobs)
}

/// The table as it is, with its bounds as the policy counts them.
pub(super) fn situation(policy: &Policy) -> Result<Situation, Error> {
    apply::look_in_zone(policy.table, policy.stride.title(), &policy.zone)
}

fn job(action: &'static str, sibling: &Sibling, task: Task) -> Job {
    Job {
        action,
        partition: sibling.identity.clone(),
        shown: Some(sibling.shown.clone()),
        sql: Vec::new(),
        locks: String::new(),
        risk: String::new(),
        task,
    }
}

fn finalize(at: &Situation, sibling: &Sibling) -> Job {
    let parent = &at.facts.parent.identity;
    Job {
        sql: vec![format!("ALTER TABLE {parent} DETACH PARTITION {} FINALIZE", sibling.identity)],
        locks: format!("SHARE UPDATE EXCLUSIVE on {parent}, ACCESS EXCLUSIVE on {}", sibling.identity),
        risk: "it waits for transactions that began before; reads and writes go on".to_owned(),
        ..job("finalize", sibling, Task::Finalize)
    }
}

/// The partitions that are missing from now on, in order.
fn creations(at: &Situation, policy: &Policy, now: &Mark, guarded: Option<&Guarded>) -> Result<Vec<Job>, Error> {
    let kind = at.key.kind;
    // What is being detached is gone by then.
    let mut siblings: Vec<Sibling> = at.siblings.iter().filter(|s| !s.is_detaching).cloned().collect();
    let due = policy.due(kind, now)?;
    let missing: Vec<i32> = due
        .iter()
        // A day that a zone leaves out holds nothing.
        .filter(|(_, lower, upper)| lower < upper)
        .filter(|(_, lower, upper)| !is_covered(&siblings, (*lower).max(now.steady), *upper))
        // A table that is a partition itself gets no row beyond its own bounds.
        .filter(|(_, lower, upper)| {
            at.own.as_ref().is_none_or(|own| {
                own.range.lower.point <= Point::At(*lower) && Point::At(*upper) <= own.range.upper.point
            })
        })
        .map(|(number, ..)| *number)
        .collect();
    let (Some(first), Some(last)) = (missing.first(), missing.last()) else { return Ok(Vec::new()) };
    let series = Series { start: Start::Time(Timestamp::saturating_from_raw(policy.anchor())), stride: policy.stride };
    let zone = if kind == Kind::Instant { policy.zone.as_str() } else { "UTC" };
    let windows = inspect::windows(kind, &series, *first..*last + 1, &[zone], &[])?;
    let beside = beside(at.oid)?;
    let mut jobs = Vec::with_capacity(missing.len());
    for (number, window) in (*first..=*last).zip(&windows) {
        if !missing.contains(&number) {
            continue;
        }
        let wanted = at.wanted(window, policy.stride)?;
        let (steps, made) = creation(at, &siblings, &beside, wanted, guarded)?;
        jobs.extend(steps);
        siblings.extend(made);
    }
    Ok(jobs)
}

fn creation(
    at: &Situation,
    siblings: &[Sibling],
    beside: &Beside,
    wanted: Wanted,
    guarded: Option<&Guarded>,
) -> Result<(Vec<Job>, Option<Sibling>), Error> {
    let place = inspect::place(at.facts.schema_oid, &at.facts.schema_quoted, &wanted.name)?;
    let decided = plan::decide(&at.facts.parent, &wanted, siblings).and_then(|step| match (&place.occupant, step) {
        (_, Step::Exists(sibling)) => Err(Error::new(Code::Internal, format!("{} exists", sibling.identity))),
        (Some(occupant), Step::Create(_)) => Err(apply::taken(&at.facts, &wanted, &place.identity, occupant)),
        (None, Step::Create(model)) => Ok(model),
    });
    let (partition, shown) = (place.identity.clone(), wanted.shown.clone());
    let model = match decided {
        Ok(model) => model,
        Err(error) => {
            return Ok((vec![blocked(partition, Some(shown), error)], None));
        }
    };
    let method = apply::method(&at.facts, &at.key, wanted.range.lower.point)?;
    let child = apply::draft(at, apply::bounds(at, &shown), model, &place, method)?;
    let made = Sibling {
        // What is taken over from a neighbour is the model's, here too.
        oid: model.map_or(0, |model| model.oid),
        name: wanted.name.clone(),
        identity: partition.clone(),
        schema_is_parents: true,
        kind: SiblingKind::Table,
        is_detaching: false,
        range: wanted.range,
        shown: shown.clone(),
    };
    let guarded = guarded.filter(|guarded| guarded.is_for(&shown, method));
    let (locks, risk) = locks_of_creation(at, beside, method, guarded.is_none());
    let (sql, task) = (child.statements(), Task::Create(wanted));
    let job = Job { action: "create", partition, shown: Some(shown), sql, locks, risk, task };
    let steps = match guarded {
        Some(guarded) => guarded.steps(at, job),
        None => vec![job],
    };
    Ok((steps, Some(made)))
}

/// The default partition, where there is none.
fn default_creation(at: &Situation) -> Result<Job, Error> {
    let partition = default_made::identity(at);
    let child = match default_made::draft(at) {
        Ok(child) => child,
        Err(error) => return Ok(blocked(partition, None, error)),
    };
    let (locks, risk) = locks_of_creation(at, &beside(at.oid)?, child.method, true);
    let (sql, task) = (child.statements(), Task::CreateDefault);
    Ok(Job { action: "create", partition, shown: None, sql, locks, risk, task })
}

/// A creation that is wanted and cannot be done.
fn blocked(partition: String, shown: Option<Shown>, error: Error) -> Job {
    let risk = format!("blocked: {}", error.said());
    let (sql, locks, task) = (Vec::new(), "none".to_owned(), Task::Blocked(error));
    Job { action: "create", partition, shown, sql, locks, risk, task }
}

fn locks_of_creation(at: &Situation, beside: &Beside, method: Method, reads_default: bool) -> (String, String) {
    let parent = &at.facts.parent.identity;
    let on_parent = match method {
        Method::Attach => "SHARE UPDATE EXCLUSIVE",
        Method::PartitionOf => "ACCESS EXCLUSIVE",
    };
    let goes_on = match method {
        Method::Attach => "reads and writes go on",
        Method::PartitionOf => "reads and writes wait until it is done",
    };
    let (mut locks, mut risk) = (format!("{on_parent} on {parent}"), goes_on.to_owned());
    if let Some((_, default)) = &at.facts.default {
        locks = format!("{locks}, ACCESS EXCLUSIVE on {default}");
        risk = if reads_default {
            format!("{risk}; {default} is read while it is locked, and rows of the range in it are an error (23514)")
        } else {
            format!("{risk}; {default} is locked for a moment, and not read")
        };
    }
    if let Some(referenced) = &beside.referenced {
        locks = format!("{locks}, SHARE ROW EXCLUSIVE on {referenced}");
        risk = format!("{risk}; nobody writes to {referenced} meanwhile");
    }
    if let Some(publications) = &beside.publications {
        risk = format!(
            "{risk}; it is published by {publications}, whose subscribers need it and then REFRESH PUBLICATION"
        );
    }
    (locks, risk)
}

/// What a new partition has to do with beside its table.
#[derive(Debug)]
struct Beside {
    /// Tables that its foreign keys refer to.
    referenced: Option<String>,
    /// Publications that will have it by its own name.
    publications: Option<String>,
}

fn beside(table: pg_sys::Oid) -> Result<Beside, Error> {
    let rows = spi::select(
        "SELECT (SELECT string_agg(DISTINCT format('%I.%I', n.nspname, c.relname), ' and ')
                   FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE k.conrelid = $1 AND k.contype = 'f' AND k.confrelid <> $1),
                (SELECT string_agg(quote_ident(p.pubname), ' and ' ORDER BY p.pubname)
                   FROM pg_publication p
                  WHERE NOT p.pubviaroot
                    AND (p.puballtables
                      OR EXISTS (SELECT FROM pg_publication_rel r JOIN pg_partition_ancestors($1::regclass) AS a ON a.relid = r.prrelid WHERE r.prpubid = p.oid)
                      OR EXISTS (SELECT FROM pg_publication_namespace s JOIN pg_class c ON c.relnamespace = s.pnnspid WHERE s.pnpubid = p.oid AND c.oid = $1)))",
        &[table.into()],
        |row| {
            let text = |n| -> Result<Option<String>, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0)) };
            Ok(Beside { referenced: text(1)?, publications: text(2)? })
        },
    )?;
    rows.into_iter().next().ok_or_else(|| Error::new(Code::Internal, "no answer about a table"))
}

/// Whether partitions hold all from one time to another, and none of them goes beyond.
pub(super) fn is_covered(siblings: &[Sibling], from: i128, to: i128) -> bool {
    let (mut reached, end) = (Edge::before(Point::At(from)), Edge::before(Point::At(to)));
    while reached < end {
        let Some(holder) = siblings.iter().find(|s| s.range.lower <= reached && reached < s.range.upper) else {
            return false;
        };
        reached = holder.range.upper;
    }
    reached == end
}

/// Which partitions are to be taken away, and how.
#[derive(Debug)]
pub(super) struct Removals {
    /// `None`: for ever.
    pub(super) keep: Option<Span>,
    pub(super) removal: Removal,
    pub(super) most: usize,
    /// Also the last one.
    pub(super) takes_last: bool,
}

/// The partitions that are too old, the oldest first.
///
/// # Errors
/// As [`look`].
pub(super) fn removals(at: &Situation, policy: &Policy, now: &Mark, wanted: &Removals) -> Result<Vec<Job>, Error> {
    let Some(cutoff) = wanted.keep.map(|keep| policy.cutoff(at.key.kind, now, keep)) else { return Ok(Vec::new()) };
    let old = too_old(&at.siblings, cutoff.min(now.steady), wanted.takes_last);
    old.into_iter().take(wanted.most).map(|sibling| remove(at, policy, sibling, wanted.removal)).collect()
}

/// Partitions that end at a time or before.
fn too_old(siblings: &[Sibling], cutoff: i128, takes_last: bool) -> Vec<&Sibling> {
    let end = Edge::before(Point::At(cutoff));
    let mut there: Vec<&Sibling> = siblings.iter().filter(|s| !s.is_detaching).collect();
    there.sort_by_key(|s| s.range.lower);
    if !takes_last {
        there.pop();
    }
    there.into_iter().filter(|s| s.range.upper <= end).collect()
}

fn remove(at: &Situation, policy: &Policy, sibling: &Sibling, removal: Removal) -> Result<Job, Error> {
    let parent = &at.facts.parent.identity;
    let mut locks = format!("ACCESS EXCLUSIVE on {parent} and {}", sibling.identity);
    if let Some((_, default)) = &at.facts.default {
        locks = format!("{locks} and {default}");
    }
    let sql = retention::statements(at, policy.archive_schema.as_deref(), sibling, removal)?;
    let what = match removal {
        Removal::Detach => "its rows are no longer found through the table",
        Removal::Drop => "its rows are gone for good",
        Removal::Archive => "its rows are no longer found through the table, and it gets another schema",
    };
    Ok(Job {
        sql,
        locks,
        risk: format!("{what}; reads and writes wait until it is done"),
        ..job(removal.name(), sibling, Task::Remove(sibling.clone(), removal))
    })
}

/// Does one of the things that are to be done. Runs as the table's owner, with the settings that [`Caller`] pins.
///
/// # Errors
/// What was in the way: nothing of it is done then. What is to be said beside the success is returned.
pub(super) fn work(policy: &Policy, job: &Job, caller: &Caller) -> Result<Option<String>, Error> {
    match &job.task {
        Task::Blocked(error) => Err(error.clone()),
        Task::Finalize | Task::Unguard => {
            let at = situation(policy)?;
            apply::within(caller, &at.facts.parent, || job.sql.iter().try_for_each(|sql| spi::run(sql)))?;
            Ok(None)
        }
        Task::Create(wanted) => {
            apply::make(caller, || Ok((situation(policy)?, wanted.clone(), Vec::new())))?;
            Ok(None)
        }
        Task::Guard(wanted) => guard::add(&situation(policy)?, wanted, &job.sql, caller).map(|()| None),
        Task::Validate(wanted) => guard::validate(&situation(policy)?, wanted, &job.sql, caller).map(|()| None),
        Task::CreateGuarded(wanted) => {
            apply::make(caller, || Ok((situation(policy)?, wanted.clone(), Vec::new())))?;
            job.sql.last().map_or(Ok(()), |drop| spi::run(drop)).map(|()| None)
        }
        Task::Later => Ok(None),
        Task::Finish(detached) => detached::finish(policy, &situation(policy)?, detached, caller),
        Task::CreateDefault => default_made::make(policy, caller).map(|()| None),
        Task::Remove(sibling, removal) => retention::remove(policy, sibling, *removal, caller),
    }
}

/// Whether a sibling is still there with its bounds.
pub(super) fn find<'a>(at: &'a Situation, wanted: &Sibling) -> Option<&'a Sibling> {
    let same = |s: &&Sibling| s.oid == wanted.oid && s.range == wanted.range && !s.is_detaching;
    at.siblings.iter().find(same)
}
