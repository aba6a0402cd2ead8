//! Takes partitions away that are too old: detaches, drops or archives them.

use super::agenda::{self, Job, Removals};
use super::apply::{self, Caller, Situation};
use super::log::Run;
use super::maintain::{self, Outcome};
use super::plan::{NAME_BYTES, Sibling};
use super::policy::{Managed, Policy, Removal, Span};
use super::published::Published;
use super::{calendar, is_null, manage, one_of};
use crate::error::{Code, Error};
use crate::facts::live::object::quote;
use crate::spi::transactions;
use crate::text::{self, Text};
use crate::{spi, store};
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// The SQL that takes a partition away.
pub(super) fn statements(
    at: &Situation,
    archive_schema: Option<&str>,
    sibling: &Sibling,
    removal: Removal,
) -> Result<Vec<String>, Error> {
    let Sibling { identity, .. } = sibling;
    // What is dropped is detached before: a partition that foreign keys refer to could not be dropped otherwise.
    let mut statements = vec![format!("ALTER TABLE {} DETACH PARTITION {identity}", at.facts.parent.identity)];
    statements.extend(after(at, archive_schema, sibling, removal)?);
    Ok(statements)
}

/// The SQL for what becomes of a partition that is detached.
pub(super) fn after(
    at: &Situation,
    archive_schema: Option<&str>,
    sibling: &Sibling,
    removal: Removal,
) -> Result<Vec<String>, Error> {
    let Sibling { identity, .. } = sibling;
    // Who wants it published still can do so; of itself, nobody would notice that it is.
    let mut statements = Published::of(at, sibling)?.statements(identity, removal);
    match (removal, archive_schema) {
        (Removal::Detach, _) => {}
        (Removal::Drop, _) => statements.push(format!("DROP TABLE {identity}")),
        (Removal::Archive, Some(schema)) => statements.extend(to_archive(sibling, schema)?),
        (Removal::Archive, None) => {
            return Err(Error::new(Code::InvalidParameter, "archive_schema is needed for action 'archive'")
                .hint("Set it with warden.manage_partitions."));
        }
    }
    Ok(statements)
}

/// Another schema, and another name where that one is taken there.
fn to_archive(sibling: &Sibling, archive: &str) -> Result<Vec<String>, Error> {
    must_be_trusted(sibling, archive)?;
    let rows = spi::select(
        "SELECT a.oid IS NOT NULL, quote_ident(n.nspname), k.name, quote_ident(k.name)
           FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace
           LEFT JOIN pg_namespace a ON a.nspname = $2
          CROSS JOIN LATERAL unnest($3) WITH ORDINALITY AS k (name, n)
          WHERE c.oid = $1
            AND NOT EXISTS (SELECT FROM pg_class x WHERE x.relname = k.name AND x.oid <> c.oid AND x.relnamespace IN (a.oid, n.oid))
            AND NOT EXISTS (SELECT FROM pg_type x WHERE x.typname = k.name AND x.typrelid <> c.oid AND x.typnamespace IN (a.oid, n.oid))
          ORDER BY k.n
          LIMIT 1",
        &[pg_sys::Oid::from(sibling.oid).into(), Text::from(archive).into(), names(&sibling.name).into()],
        |row| {
            let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
            Ok((row.get::<bool>(1)?.unwrap_or_default(), text(2)?, text(3)?, text(4)?))
        },
    )?;
    let Some((exists, schema, name, name_quoted)) = rows.into_iter().next() else {
        return Err(Error::new(
            Code::DuplicateTable,
            format!("there is no free name for partition \"{}\" in schema \"{archive}\"", sibling.name),
        ));
    };
    let mut statements = Vec::new();
    if !exists {
        statements.push(format!("CREATE SCHEMA {}", quote(archive)));
    }
    let mut identity = sibling.identity.clone();
    if name != sibling.name {
        statements.push(format!("ALTER TABLE {identity} RENAME TO {name_quoted}"));
        identity = format!("{schema}.{name_quoted}");
    }
    statements.push(format!("ALTER TABLE {identity} SET SCHEMA {}", quote(archive)));
    Ok(statements)
}

/// Whoever owns a schema can drop all that is in it: it must be the table's owner, one of that role's own, a superuser, or who owns the
/// schema that the table is in now.
fn must_be_trusted(sibling: &Sibling, archive: &str) -> Result<(), Error> {
    let rows = spi::select(
        "SELECT quote_ident(o.rolname)
           FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace
           JOIN pg_roles t ON t.oid = c.relowner
           JOIN pg_namespace a ON a.nspname = $2
           JOIN pg_roles o ON o.oid = a.nspowner
          WHERE c.oid = $1 AND NOT (o.rolsuper OR o.oid IN (c.relowner, n.nspowner) OR (pg_has_role(t.oid, o.oid, 'USAGE') AND NOT t.rolsuper))",
        &[pg_sys::Oid::from(sibling.oid).into(), Text::from(archive).into()],
        |row| Ok(row.get::<Text>(1)?.map(|t| t.0).unwrap_or_default()),
    )?;
    match rows.first() {
        None => Ok(()),
        Some(owner) => Err(Error::new(
            Code::InsufficientPrivilege,
            format!("partition \"{}\" is not put into schema \"{archive}\" of another role", sibling.name),
        )
        .detail(format!("Its owner is {owner}, who could drop all that is in it."))),
    }
}

/// The name itself, and others for where it is taken.
fn names(name: &str) -> Vec<Text> {
    let bytes = |text: &str| text::encode(text).len();
    let numbered = (2..100).map(|n| {
        let suffix = format!("_{n}");
        let mut base = name.to_owned();
        while bytes(&base) + suffix.len() > NAME_BYTES {
            base.pop();
        }
        Text(base + &suffix)
    });
    std::iter::once(Text::from(name)).chain(numbered).collect()
}

/// Takes one partition away, under the lock that DETACH takes in the end: a weaker one first would be a deadlock.
///
/// # Errors
/// What the server said; nothing is done then.
pub(super) fn remove(
    policy: &Policy,
    sibling: &Sibling,
    removal: Removal,
    caller: &Caller,
) -> Result<Option<String>, Error> {
    let before = agenda::situation(policy)?;
    apply::within(caller, &before.facts.parent, || {
        apply::lock_as(&before, "ACCESS EXCLUSIVE")?;
        let at = agenda::situation(policy)?;
        apply::must_have_its_name(&before, &at)?;
        let Some(sibling) = agenda::find(&at, sibling) else {
            return Ok(Some("Another session was faster.".to_owned()));
        };
        if at.siblings.iter().filter(|s| !s.is_detaching).count() < 2 {
            return Err(Error::new(
                Code::NotInPrerequisiteState,
                format!("partition \"{}\" of \"{}\" is the last one", sibling.name, at.facts.parent.name),
            ));
        }
        let published = Published::of(&at, sibling)?;
        for statement in statements(&at, policy.archive_schema.as_deref(), sibling, removal)? {
            spi::run(&statement)?;
        }
        Ok(published.remark(removal))
    })
}

/// Takes the partitions of a managed table away that are too old, in the caller's transaction.
///
/// # Arguments
/// * `table_name` - as SQL writes it
/// * `keep` - how far back partitions are kept; NULL for the policy's `retention`
/// * `action` - `detach`, `drop` or `archive`; NULL for the policy's
/// * `dry_run` - only say what would be done
/// * `max_partitions` - the most that are taken away by this call
///
/// # Errors
/// 42704 for a table that is not managed, 42501 for one of another owner, 22004, 22023 for arguments.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.apply_partition_retention(table_name pg_catalog.text, keep pg_catalog."interval" DEFAULT NULL,
                                                 action pg_catalog.text DEFAULT NULL, dry_run pg_catalog.bool DEFAULT false,
                                                 max_partitions pg_catalog.int4 DEFAULT 12)
    RETURNS TABLE (partition pg_catalog.text, lower_bound pg_catalog.text, upper_bound pg_catalog.text, action pg_catalog.text,
                   status pg_catalog.text, sqlstate pg_catalog.text, detail pg_catalog.text)
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.apply_partition_retention(pg_catalog.text, pg_catalog."interval", pg_catalog.text, pg_catalog.bool, pg_catalog.int4) IS
    'takes partitions of a managed table away that ended before now - keep, the oldest first, and returns what became of each';
REVOKE EXECUTE ON FUNCTION warden.apply_partition_retention(
    pg_catalog.text, pg_catalog."interval", pg_catalog.text, pg_catalog.bool, pg_catalog.int4) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
#[expect(clippy::type_complexity, reason = "the row type that pgrx asks for")]
fn apply_partition_retention(
    table_name: Option<Text>,
    keep: Option<Interval>,
    action: Option<Text>,
    dry_run: Option<bool>,
    max_partitions: Option<i32>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(partition, Text),
            name!(lower_bound, Option<Text>),
            name!(upper_bound, Option<Text>),
            name!(action, Text),
            name!(status, Text),
            name!(sqlstate, Option<Text>),
            name!(detail, Option<Text>),
        ),
    >,
    ErrorReport,
> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    let keep = keep.map(Span::from);
    manage::check_retention("keep", keep)?;
    let dry_run = dry_run.ok_or_else(|| is_null("dry_run"))?;
    let most = max_partitions.ok_or_else(|| is_null("max_partitions"))?;
    let most = usize::try_from(most)
        .ok()
        .filter(|most| *most > 0)
        .ok_or_else(|| Error::new(Code::InvalidParameter, "max_partitions must be above zero"))?;
    let (policy, managed) = maintain::the_policy(&table)?;
    if !managed.may {
        return Err(managed.not_yours().into());
    }
    let removal = action.map_or(Ok(policy.removal), |action| one_of("action", Some(action), &Removal::WORDS))?;
    let keep = keep.or(policy.retention).ok_or_else(|| {
        Error::new(Code::InvalidParameter, format!("partitions of {} are kept for ever", managed.identity))
            .hint("Give keep, or set retention with warden.manage_partitions.")
    })?;
    let wanted = Removals { keep: Some(keep), removal, most, takes_last: false };
    let jobs = {
        let _pinned = Caller::now().pin();
        let at = agenda::situation(&policy)?;
        let now = calendar::mark_of_instant(at.key.kind, &policy.zone, store::now());
        agenda::removals(&at, &policy, &now, &wanted)?
    };
    let rows =
        if dry_run { jobs.into_iter().map(|job| (job, None)).collect() } else { apply_all(&policy, &managed, jobs)? };
    Ok(TableIterator::new(rows.into_iter().map(|(job, outcome)| {
        let action = if outcome.is_some() { job.action.to_owned() } else { format!("would_{}", job.action) };
        let (status, sqlstate, detail) =
            outcome.map_or(("planned", None, None), |outcome| (outcome.status, outcome.sqlstate, outcome.detail));
        (
            Text(job.partition),
            job.shown.as_ref().map(|shown| Text::from(shown.lower.as_str())),
            job.shown.map(|shown| Text(shown.upper)),
            Text(action),
            Text::from(status),
            sqlstate.map(Text),
            detail.map(Text),
        )
    })))
}

/// Does all of it, each by itself, and keeps in the log what became of it.
fn apply_all(policy: &Policy, managed: &Managed, jobs: Vec<Job>) -> Result<Vec<(Job, Option<Outcome>)>, Error> {
    transactions::must_write(c"warden.apply_partition_retention()");
    if !jobs.is_empty() && !maintain::try_lock(policy.table)? {
        return Err(Error::new(Code::LockNotAvailable, format!("maintenance of {} is running", managed.identity))
            .hint("Call again later."));
    }
    let run = Run { began: store::now(), source: transactions::source() };
    let mut rows = Vec::with_capacity(jobs.len());
    for job in jobs {
        let outcome = maintain::attempt(policy, managed, &job);
        run.note(outcome.entry(policy.table, managed, &job));
        rows.push((job, Some(outcome)));
    }
    Ok(rows)
}
