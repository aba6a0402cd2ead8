//! A CHECK on a large default partition: it keeps the rows of a range out while the default is read to prove that there are none, which
//! hinders nobody. The partition of that range is attached without a look at the default then, which the server would lock meanwhile.
//!
//! Each step is a transaction of its own, so that a run that is killed leaves the constraint. It has a name of its own for each range: the
//! next run goes on with it, or drops it where nothing is to be made of that range any more.

use super::agenda::{Job, Task};
use super::apply::{self, Caller, Situation};
use super::log::{Entry, Run};
use super::maintain::try_lock;
use super::plan::{self, Method, Shown, Wanted};
use super::{inspect, policy};
use crate::error::{Code, Error};
use crate::facts::live;
use crate::facts::live::object;
use crate::spi;
use crate::spi::transactions;
use crate::text::Text;
use core::time::Duration;
use pgrx::prelude::*;

/// What the name begins with; a hash of the range follows.
const PREFIX: &str = "pg_warden_guard_";

/// The first name behind all of these: the server sorts names by their bytes.
const BEHIND: &str = "pg_warden_guard`";

/// The action that drops one by itself.
pub(super) const UNGUARD: &str = "unguard";

/// One that is there.
#[derive(Debug)]
struct Guard {
    name: String,
    is_valid: bool,
}

/// The default partition, and what keeps rows out of it.
#[derive(Debug)]
pub(super) struct Guarded {
    /// Qualified and quoted.
    default: String,
    /// Reading it takes long enough for others to mind.
    is_large: bool,
    guards: Vec<Guard>,
}

impl Guarded {
    /// `None` without a default partition.
    pub(super) fn read(at: &Situation) -> Result<Option<Self>, Error> {
        let Some((_, default)) = &at.facts.default else { return Ok(None) };
        let rows = spi::select_planned(
            "SELECT c.oid, c.relkind = 'r', k.conname::text, k.convalidated
               FROM pg_class c LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'c' AND starts_with(k.conname::text, $2)
              WHERE c.oid = $1::regclass
              ORDER BY k.conname",
            &[Text::from(default.as_str()).into(), Text::from(PREFIX).into()],
            |row| {
                let name = row.get::<Text>(3)?.map(|t| t.0);
                let is_valid = row.get::<bool>(4)?.unwrap_or_default();
                let guard = name.map(|name| Guard { name, is_valid });
                Ok((row.get::<pg_sys::Oid>(1)?, row.get::<bool>(2)?.unwrap_or_default(), guard))
            },
        )?;
        let is_large = match rows.first() {
            Some((Some(oid), true, _)) => is_large(*oid)?,
            _ => false,
        };
        let guards = rows.into_iter().filter_map(|(.., guard)| guard).collect();
        Ok(Some(Self { default: default.clone(), is_large, guards }))
    }

    fn of_range(&self, shown: &Shown) -> Option<&Guard> {
        let name = name(shown);
        self.guards.iter().find(|guard| guard.name == name)
    }

    /// Whether the partition of a range is made so. What is proved is of use in any case; rows that may come by now are never kept out.
    pub(super) fn is_for(&self, shown: &Shown, method: Method) -> bool {
        match self.of_range(shown) {
            Some(Guard { is_valid: true, .. }) => true,
            Some(_) => method == Method::Attach,
            None => method == Method::Attach && self.is_large,
        }
    }

    /// The steps in which a partition is made: the first is the next to be done, the others come later.
    pub(super) fn steps(&self, at: &Situation, mut create: Job) -> Vec<Job> {
        let Task::Create(wanted) = std::mem::replace(&mut create.task, Task::Later) else { return vec![create] };
        let (default, shown) = (&self.default, &wanted.shown);
        create.sql.push(drop_sql(default, &name(shown)));
        let step = |action, sql, locks: &str, risk: &str| Job {
            action,
            partition: create.partition.clone(),
            shown: create.shown.clone(),
            sql: vec![sql],
            locks: format!("{locks} on {default}"),
            risk: risk.to_owned(),
            task: Task::Later,
        };
        let mut validate = step(
            "validate",
            format!("ALTER TABLE {default} VALIDATE CONSTRAINT {}", name(shown)),
            "SHARE UPDATE EXCLUSIVE",
            "it is read; reads and writes go on",
        );
        match self.of_range(shown).map(|guard| guard.is_valid) {
            Some(true) => {
                create.task = Task::CreateGuarded(wanted);
                vec![create]
            }
            Some(false) => {
                validate.task = Task::Validate(wanted);
                vec![validate, create]
            }
            None => {
                let belongs = inspect::belongs(&at.key, shown);
                let sql =
                    format!("ALTER TABLE {default} ADD CONSTRAINT {} CHECK (NOT ({belongs})) NOT VALID", name(shown));
                let risk = "for a moment; rows of the range are refused from then on until its partition is there, and rows of it that are in \
                            the default are an error (23514)";
                let guard = Job { task: Task::Guard(wanted.clone()), ..step("guard", sql, "ACCESS EXCLUSIVE", risk) };
                vec![guard, validate, create]
            }
        }
    }

    /// Drops the guards that none of the creations goes on with.
    pub(super) fn drop_stray(&self, creations: &[Job]) -> Option<Job> {
        let is_used = |guard: &Guard| {
            creations.iter().any(|job| match &job.task {
                Task::Validate(wanted) | Task::CreateGuarded(wanted) => name(&wanted.shown) == guard.name,
                _ => false,
            })
        };
        self.drop_those(|guard| !is_used(guard))
    }

    fn drop_those(&self, is_meant: impl Fn(&Guard) -> bool) -> Option<Job> {
        let default = &self.default;
        let meant = self.guards.iter().filter(|guard| is_meant(guard));
        let sql: Vec<String> = meant.map(|guard| drop_sql(default, &guard.name)).collect();
        (!sql.is_empty()).then(|| Job {
            action: UNGUARD,
            partition: default.clone(),
            shown: None,
            sql,
            locks: format!("ACCESS EXCLUSIVE on {default}"),
            risk: "for a moment; nothing is kept out of it any more".to_owned(),
            task: Task::Unguard,
        })
    }
}

/// What is to be done when a step could not be done, and rows would be kept out for nothing.
pub(super) fn given_up(at: &Situation, job: &Job) -> Result<Option<Job>, Error> {
    let (Task::Validate(wanted) | Task::CreateGuarded(wanted)) = &job.task else { return Ok(None) };
    let name = name(&wanted.shown);
    Ok(Guarded::read(at)?.and_then(|guarded| guarded.drop_those(|guard| guard.name == name)))
}

fn name(shown: &Shown) -> String {
    format!("{PREFIX}{:08x}", plan::hash(&shown.lower, &shown.upper))
}

fn drop_sql(default: &str, name: &str) -> String {
    format!("ALTER TABLE {default} DROP CONSTRAINT {name}")
}

/// What somebody holds is not waited for to be measured, and taken to be large.
fn is_large(table: pg_sys::Oid) -> Result<bool, Error> {
    if live::is_held_by_others(table) {
        return Ok(true);
    }
    let rows = spi::select("SELECT pg_relation_size($1)", &[table.into()], |row| Ok(row.get::<i64>(1)?))?;
    Ok(rows.into_iter().flatten().any(|bytes| u64::try_from(bytes).is_ok_and(|bytes| bytes >= live::large_size())))
}

/// Adds it, unless there are rows of the range: for them, and for those who write, it is as if the partition were made.
///
/// # Errors
/// Rows lie in the default, or a lock was not to be had in time.
pub(super) fn add(at: &Situation, wanted: &Wanted, sql: &[String], caller: &Caller) -> Result<(), Error> {
    let Some((name, default)) = &at.facts.default else { return Ok(()) };
    if let Some(rows) = inspect::rows_in_default(default, &at.key, &wanted.shown)? {
        return Err(apply::rows_in_default(at, wanted, name, default, &rows)?);
    }
    apply::within(caller, &at.facts.parent, || {
        apply::lock_named(default, "ACCESS EXCLUSIVE")?;
        sql.iter().try_for_each(|sql| spi::run(sql))
    })
}

/// Reads the default.
///
/// # Errors
/// A row of the range has come in before the constraint did, or a lock was not to be had in time.
pub(super) fn validate(at: &Situation, wanted: &Wanted, sql: &[String], caller: &Caller) -> Result<(), Error> {
    let Some((name, default)) = &at.facts.default else { return Ok(()) };
    let proved = apply::within(caller, &at.facts.parent, || {
        Ok(spi::caught_if(
            |code| code == PgSqlErrorCode::ERRCODE_CHECK_VIOLATION,
            || sql.iter().try_for_each(|sql| spi::run(sql)).unwrap_or_else(|error| error.raise()),
        ))
    })?;
    let Err(caught) = proved else { return Ok(()) };
    match inspect::rows_in_default(default, &at.key, &wanted.shown)? {
        Some(rows) => Err(apply::rows_in_default(at, wanted, name, default, &rows)?),
        // Gone meanwhile, or hidden from the owner.
        None => Err(Error::new(Code::CheckViolation, caught.message)),
    }
}

/// One at a table, by its parent.
struct Stray {
    parent: pg_sys::Oid,
    default: String,
    name: String,
}

fn strays() -> Result<Vec<Stray>, Error> {
    // By itself: there is hardly ever one, and every run asks.
    let found = spi::select_planned(
        "SELECT k.conrelid, k.conname::pg_catalog.text FROM pg_catalog.pg_constraint AS k
          WHERE k.conname OPERATOR(pg_catalog.>=) $1::pg_catalog.name AND k.conname OPERATOR(pg_catalog.<) $2::pg_catalog.name
            AND k.contype OPERATOR(pg_catalog.=) 'c'",
        &[Text::from(PREFIX).into(), Text::from(BEHIND).into()],
        |row| Ok((row.get::<pg_sys::Oid>(1)?, row.get::<Text>(2)?.map(|t| t.0).unwrap_or_default())),
    )?;
    let mut strays = Vec::new();
    for (table, name) in found {
        let defaults = spi::select(
            "SELECT p.partrelid FROM pg_catalog.pg_partitioned_table AS p WHERE p.partdefid OPERATOR(pg_catalog.=) $1",
            &[table.into()],
            |row| Ok(row.get::<pg_sys::Oid>(1)?),
        )?;
        let at = defaults.into_iter().flatten().next().zip(table.and_then(object::relation));
        strays.extend(at.map(|(parent, default)| Stray { parent, default, name }));
    }
    Ok(strays)
}

/// The tables that have one: there is something to do.
pub(super) fn tables() -> Result<Vec<pg_sys::Oid>, Error> {
    Ok(strays()?.into_iter().map(|stray| stray.parent).collect())
}

/// Drops those that a killed run has left where nobody has a table managed any more.
pub(super) fn drop_forgotten(run: &Run) -> Result<(), Error> {
    for stray in strays()? {
        let is_managed = policy::of(stray.parent)?.is_some_and(|policy| policy.enabled);
        let Some(managed) = policy::managed(stray.parent).filter(|managed| managed.may && !is_managed) else {
            continue;
        };
        if !try_lock(stray.parent)? {
            continue;
        }
        let sql = drop_sql(&stray.default, &stray.name);
        let dropped = spi::attempted_as(managed.owner, || {
            let _pinned = Caller::now().pin();
            spi::run(&sql).unwrap_or_else(|error| error.raise());
        });
        run.note(Entry {
            table: Some((stray.parent, managed.identity)),
            action: UNGUARD,
            partition: Some(stray.default),
            sql: Some(sql + ";"),
            status: if dropped.is_ok() { "done" } else { "error" },
            detail: dropped.err().map(|caught| caught.said()),
            ..Entry::default()
        });
        transactions::next(Duration::ZERO);
    }
    Ok(())
}
