//! Partitions that are detached concurrently, and what is to become of them then.
//!
//! DETACH ... CONCURRENTLY is two transactions. With the first one, which marks the partition, a row of
//! `warden_internal.partition_removal` is committed; it goes with the transaction that does what it says. So a row tells of a partition
//! that pg_warden itself has begun to detach, wherever that was interrupted, and nobody else's table is ever dropped for it.
#![forbid(unsafe_code)]

use super::agenda::{Job, Task};
use super::apply::{self, Caller, Situation};
use super::bounds::{Edge, Point, Range};
use super::grid::Mark;
use super::key::Kind;
use super::log::{self, Entry, Run};
use super::plan::{Shown, Sibling, SiblingKind};
use super::policy::{self, Managed, Policy, Removal};
use super::published::Published;
use super::{calendar, retention};
use crate::error::{Code, Error};
use crate::spi;
use crate::store::{self, Index, Key, Row, Table, Value, Writer};
use crate::text::Text;
use pgrx::pg_sys::Oid;
use std::cell::RefCell;

const BY_PARTITION: Index = Index(c"partition_removal_pkey", 1);

/// A partition that is being detached, or has been.
#[derive(Debug, Clone)]
pub(super) struct Detached {
    pub(super) partition: Oid,
    table: Oid,
    /// Qualified and quoted.
    identity: String,
    shown: Shown,
    /// Its upper bound in microseconds since 1970.
    ended: i64,
    removal: Removal,
    /// The CHECK constraints that it had before.
    checks: String,
}

impl Detached {
    /// What is to be kept while a partition is detached.
    pub(super) fn of(table: Oid, sibling: &Sibling, removal: Removal) -> Result<Self, Error> {
        let partition = Oid::from(sibling.oid);
        let checks = spi::select(
            "SELECT coalesce(string_agg(k.oid::text, ' '), '') FROM pg_constraint k WHERE k.conrelid = $1 AND k.contype = 'c'",
            &[partition.into()],
            |row| Ok(row.get::<Text>(1)?.map(|t| t.0).unwrap_or_default()),
        )?;
        Ok(Self {
            partition,
            table,
            identity: sibling.identity.clone(),
            shown: sibling.shown.clone(),
            // What has no end that is a time is never too old.
            ended: match sibling.range.upper.point {
                Point::At(time) => i64::try_from(time).unwrap_or(i64::MAX),
                _ => i64::MAX,
            },
            removal,
            checks: checks.into_iter().next().unwrap_or_default(),
        })
    }

    fn read(row: &Row) -> Self {
        let text = |n| row.get(n).text().map(ToOwned::to_owned).unwrap_or_default();
        let oid = |n| row.get(n).oid().unwrap_or(Oid::INVALID);
        let removal = text(6);
        Self {
            partition: oid(0),
            table: oid(1),
            identity: text(2),
            shown: Shown { lower: text(3), upper: text(4) },
            ended: row.get(5).number().unwrap_or(i64::MAX),
            removal: Removal::WORDS.iter().find(|(word, _)| *word == removal).map_or(Removal::Detach, |(_, r)| *r),
            checks: text(7),
        }
    }

    /// Keeps it, in the transaction that is open.
    ///
    /// # Errors
    /// When somebody holds the table.
    pub(super) fn keep(&self) -> Result<(), String> {
        let writer = Writer::in_passing(Table::PartitionRemoval)?;
        self.forget_by(&writer);
        writer.insert(vec![
            Value::Oid(self.partition),
            Value::Oid(self.table),
            self.identity.clone().into(),
            self.shown.lower.clone().into(),
            self.shown.upper.clone().into(),
            Value::Int8(self.ended),
            self.removal.name().into(),
            self.checks.clone().into(),
            Value::Time(store::now()),
        ]);
        Ok(())
    }

    fn forget_by(&self, writer: &Writer) {
        for row in writer.rows(Some((BY_PARTITION, Key::Oid(self.partition)))) {
            // Where another session has taken it away, it is gone as well.
            let _ = writer.delete(&row);
        }
    }

    /// The table, where it still is what it was when it was a partition; `None` for one that is attached again.
    fn found(&self) -> Result<Found, Error> {
        let rows = spi::select(
            "SELECT c.relname::text, format('%I.%I', n.nspname, c.relname), c.relispartition, c.relkind::text,
                    c.relowner = p.relowner, n.oid = p.relnamespace,
                    EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid AND i.inhparent = p.oid AND i.inhdetachpending)
               FROM pg_class c
               JOIN pg_namespace n ON n.oid = c.relnamespace
               JOIN pg_class p ON p.oid = $2
              WHERE c.oid = $1 AND c.relkind IN ('r', 'p')",
            &[self.partition.into(), self.table.into()],
            |row| {
                let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
                let is = |n| -> Result<bool, Error> { Ok(row.get::<bool>(n)?.unwrap_or_default()) };
                if is(7)? {
                    return Ok(Found::Pending);
                }
                if is(3)? || text(2)? != self.identity || !is(5)? {
                    return Ok(Found::Changed);
                }
                Ok(Found::There(Box::new(Sibling {
                    oid: self.partition.to_u32(),
                    name: text(1)?,
                    identity: text(2)?,
                    schema_is_parents: is(6)?,
                    kind: if text(4)? == "p" { SiblingKind::Partitioned } else { SiblingKind::Table },
                    is_detaching: false,
                    range: Range { lower: Edge::before(Point::Below), upper: Edge::before(Point::Above) },
                    shown: self.shown.clone(),
                })))
            },
        )?;
        Ok(rows.into_iter().next().unwrap_or(Found::Gone))
    }

    /// What the policy has become meanwhile is heeded where it asks for less: what is not too old any more is kept.
    fn removal(&self, policy: &Policy, kind: Kind, now: &Mark) -> Removal {
        let is_old = |keep| i128::from(self.ended) <= policy.cutoff(kind, now, keep).min(now.steady);
        let is_wanted = policy.removal == self.removal && policy.retention.is_some_and(is_old);
        if is_wanted { self.removal } else { Removal::Detach }
    }

    /// The CHECK constraint that the server has made of its bounds.
    fn check(&self) -> Result<Option<String>, Error> {
        let rows = spi::select(
            "SELECT k.conname::text FROM pg_constraint k
              WHERE k.conrelid = $1 AND k.contype = 'c' AND k.oid::text <> ALL (string_to_array($2, ' '))
              ORDER BY k.oid DESC LIMIT 1",
            &[self.partition.into(), Text::from(self.checks.as_str()).into()],
            |row| Ok(row.get::<Text>(1)?.map(|t| t.0)),
        )?;
        Ok(rows.into_iter().flatten().next())
    }
}

/// What has become of a partition.
enum Found {
    /// It is still to be detached for good.
    Pending,
    There(Box<Sibling>),
    /// It has another name or owner, or is a partition again: somebody wants something else of it.
    Changed,
    Gone,
}

/// All that is kept.
fn all() -> Result<Vec<Detached>, Error> {
    let rows =
        store::rows(Table::PartitionRemoval, None).map_err(|reason| Error::new(Code::LockNotAvailable, reason))?;
    Ok(rows.iter().map(Detached::read).collect())
}

/// Whether there may be something to finish.
pub(super) fn is_any() -> bool {
    store::any(Table::PartitionRemoval).unwrap_or(true)
}

/// What is left to do for partitions that are detached by now.
pub(super) fn jobs(at: &Situation, policy: &Policy, now: &Mark) -> Result<Vec<Job>, Error> {
    let mut jobs = Vec::new();
    for detached in all()?.into_iter().filter(|detached| detached.table == at.oid) {
        let Found::There(sibling) = detached.found()? else { continue };
        let removal = detached.removal(policy, at.key.kind, now);
        let mut sql = vec![statement(&at.facts.parent.identity, &sibling.identity)];
        sql.extend(retention::after(at, policy.archive_schema.as_deref(), &sibling, removal)?);
        jobs.push(Job {
            action: removal.name(),
            partition: sibling.identity.clone(),
            shown: Some(sibling.shown.clone()),
            sql,
            locks: format!("ACCESS EXCLUSIVE on {}", sibling.identity),
            risk: "it is detached already; this is what is left to do".to_owned(),
            task: Task::Finish(detached),
        });
    }
    Ok(jobs)
}

/// The SQL that detaches a partition while everybody goes on.
pub(super) fn statement(table: &str, partition: &str) -> String {
    format!("ALTER TABLE {table} DETACH PARTITION {partition} CONCURRENTLY")
}

/// Whether its detach is not finished.
pub(super) fn is_pending(detached: &Detached) -> Result<bool, Error> {
    let _pinned = Caller::now().pin();
    Ok(matches!(detached.found()?, Found::Pending))
}

/// Does what is left to do for one.
///
/// # Errors
/// What the server said; nothing is done then.
pub(super) fn finish(
    policy: &Policy,
    at: &Situation,
    detached: &Detached,
    caller: &Caller,
) -> Result<Option<String>, Error> {
    apply::within(caller, &at.facts.parent, || {
        let now = calendar::mark_of_instant(at.key.kind, &policy.zone, store::now());
        let removal = detached.removal(policy, at.key.kind, &now);
        if removal != Removal::Detach {
            apply::lock_named(&detached.identity, "ACCESS EXCLUSIVE")?;
        }
        let Found::There(sibling) = detached.found()? else {
            return Ok(Some("Another session was faster.".to_owned()));
        };
        let published = Published::of(at, &sibling)?;
        let check = if removal == Removal::Drop { None } else { detached.check()? };
        for statement in retention::after(at, policy.archive_schema.as_deref(), &sibling, removal)? {
            spi::run(&statement)?;
        }
        let writer =
            Writer::in_passing(Table::PartitionRemoval).map_err(|reason| Error::new(Code::LockNotAvailable, reason))?;
        detached.forget_by(&writer);
        let kept = check.map(|name| {
            format!("CHECK constraint \"{name}\" says its range: it can be attached again without being read.")
        });
        let less = (removal != detached.removal).then(|| "The policy asks for less than it did: it stays.".to_owned());
        let said: Vec<String> = less.into_iter().chain(published.remark(removal)).chain(kept).collect();
        Ok((!said.is_empty()).then(|| said.join(" ")))
    })
}

/// Forgets what is not to be done any more, and says so in the log where somebody wants something else of a table.
///
/// # Errors
/// When somebody holds the table.
pub(super) fn forget_changed(run: &Run) -> Result<(), Error> {
    if !is_any() {
        return Ok(());
    }
    let _pinned = Caller::now().pin();
    let writer =
        Writer::in_passing(Table::PartitionRemoval).map_err(|reason| Error::new(Code::LockNotAvailable, reason))?;
    for detached in all()? {
        let is_changed = match detached.found()? {
            _ if policy::of(detached.table)?.is_none() => false,
            Found::Pending | Found::There(_) => continue,
            Found::Changed => true,
            Found::Gone => false,
        };
        detached.forget_by(&writer);
        if is_changed {
            let name = policy::managed(detached.table).map_or_else(String::new, |managed| managed.identity);
            run.note(Entry {
                table: Some((detached.table, name)),
                action: detached.removal.name(),
                partition: Some(detached.identity.clone()),
                status: "refused",
                detail: Some(
                    "It was detached, and has another name or owner now, or is a partition again: it stays.".to_owned(),
                ),
                ..Entry::default()
            });
        }
    }
    Ok(())
}

/// Forgets all that was to be done for a table.
pub(super) fn forget(table: Oid) -> Result<(), Error> {
    let all: Vec<Detached> = all()?.into_iter().filter(|detached| detached.table == table).collect();
    if all.is_empty() {
        return Ok(());
    }
    let writer =
        Writer::in_passing(Table::PartitionRemoval).map_err(|reason| Error::new(Code::LockNotAvailable, reason))?;
    for detached in &all {
        detached.forget_by(&writer);
    }
    Ok(())
}

/// Whether a process that detaches has got to a table since a moment: what it has done is kept, or finished by now, and what it could not do is
/// in the log.
pub(super) fn is_served(table: Oid, since: i64) -> Result<bool, Error> {
    Ok(all()?.iter().any(|detached| detached.table == table) || log::has_any_since(table, since))
}

/// Who takes partitions away in this process.
#[derive(Debug, Default)]
pub(super) enum Removing {
    /// Maintenance itself.
    #[default]
    Here,
    /// What can be detached concurrently is left, and its table and owner are noted.
    Left(Vec<(Oid, Oid)>),
    /// Maintenance itself, of these tables alone.
    Only(Vec<Oid>),
}

thread_local! {
    static REMOVING: RefCell<Removing> = const { RefCell::new(Removing::Here) };
}

/// Says who takes partitions away from now on; returns who did before.
pub(super) fn removing(who: Removing) -> Removing {
    REMOVING.replace(who)
}

/// Whether this removal is another's.
pub(super) fn is_left(policy: &Policy, managed: &Managed, sibling: &Sibling, removal: Removal) -> Result<bool, Error> {
    let leaves = REMOVING.with_borrow(|removing| match removing {
        Removing::Here => Some(false),
        Removing::Only(tables) => Some(!tables.contains(&policy.table)),
        Removing::Left(_) => None,
    });
    if let Some(is_left) = leaves {
        return Ok(is_left);
    }
    let _pinned = Caller::now().pin();
    if !is_concurrent(policy.table, sibling, removal)? {
        return Ok(false);
    }
    REMOVING.with_borrow_mut(|removing| {
        if let Removing::Left(tables) = removing
            && !tables.contains(&(policy.table, managed.owner))
        {
            tables.push((policy.table, managed.owner));
        }
    });
    Ok(true)
}

/// Whether a partition can be detached concurrently, and what comes then is sure to be possible: there is no default, it has the table's
/// owner, who may connect, and where it is to be dropped, nothing needs it.
pub(super) fn is_concurrent(table: Oid, sibling: &Sibling, removal: Removal) -> Result<bool, Error> {
    let rows = spi::select(
        "SELECT t.partdefid = 0 AND c.relowner = p.relowner AND c.relkind IN ('r', 'p')
                AND (o.rolcanlogin OR current_setting('server_version_num')::int >= 170000)
                AND (o.rolsuper OR o.rolconnlimit = -1 AND d.datconnlimit = -1)
                AND has_database_privilege(o.oid, d.oid, 'CONNECT')
                AND NOT ($3 AND EXISTS (
                    SELECT FROM pg_depend x
                     WHERE (x.refclassid = 'pg_class'::regclass AND x.refobjid = c.oid
                         OR x.refclassid = 'pg_type'::regclass AND x.refobjid IN (c.reltype, y.typarray))
                       AND x.deptype = 'n'
                       AND x.classid IN ('pg_class'::regclass, 'pg_rewrite'::regclass, 'pg_proc'::regclass, 'pg_constraint'::regclass, 'pg_policy'::regclass)
                       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE x.classid = 'pg_constraint'::regclass AND k.oid = x.objid
                                        AND (k.conrelid = c.oid OR k.conparentid <> 0))))
           FROM pg_class c
           JOIN pg_type y ON y.oid = c.reltype
           JOIN pg_class p ON p.oid = $2
           JOIN pg_partitioned_table t ON t.partrelid = p.oid
           JOIN pg_roles o ON o.oid = p.relowner
           JOIN pg_database d ON d.datname = current_database()
          WHERE c.oid = $1",
        &[Oid::from(sibling.oid).into(), table.into(), (removal == Removal::Drop).into()],
        |row| Ok(row.get::<bool>(1)?.unwrap_or_default()),
    )?;
    Ok(rows.into_iter().next().unwrap_or_default())
}
