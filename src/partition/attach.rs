//! A table that is there becomes a partition. That its rows belong there is proved before, so that `ATTACH` need not look.

use super::apply::{self, Caller, Outcome, Remark, Situation};
use super::inspect;
use super::plan::{self, Method, Wanted, literal};
use super::range;
use super::{is_null, key, say};
use crate::error::emit::Severity;
use crate::error::{Code, Error};
use crate::spi;
use crate::text::Text;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

/// Of the helper constraint, while the call lasts.
const PROOF: &str = "pg_warden_attach_partition";

/// How many rows outside of the bounds are looked at before it is enough to know that there are many.
const ROWS_LOOKED_AT: i64 = 10_000;

/// Makes a table a partition of another.
#[pg_extern(
    sql = r#"
CREATE FUNCTION warden.attach_partition(table_name pg_catalog.text, partition_name pg_catalog.text, lower_bound pg_catalog.text,
                                        upper_bound pg_catalog.text)
    RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE AS '@MODULE_PATHNAME@', '@FUNCTION_NAME@';
COMMENT ON FUNCTION warden.attach_partition(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
    'makes the table partition_name the partition of table_name from lower_bound to upper_bound, once its rows are proved to be of that range';
REVOKE EXECUTE ON FUNCTION warden.attach_partition(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text) FROM PUBLIC;
"#,
    requires = ["schema"]
)]
fn attach_partition(
    table_name: Option<Text>,
    partition_name: Option<Text>,
    lower_bound: Option<Text>,
    upper_bound: Option<Text>,
) -> Result<Text, ErrorReport> {
    let Text(table) = table_name.ok_or_else(|| is_null("table_name"))?;
    let Text(partition) = partition_name.ok_or_else(|| is_null("partition_name"))?;
    let Text(lower) = lower_bound.ok_or_else(|| is_null("lower_bound"))?;
    let Text(upper) = upper_bound.ok_or_else(|| is_null("upper_bound"))?;
    let outcome = attach(&table, &partition, &lower, &upper)?;
    say(&outcome.remarks);
    Ok(Text(outcome.partition))
}

/// # Errors
/// The tables, the bounds, a row or a name does not allow it, or a lock was not to be had in time.
fn attach(table: &str, partition: &str, lower: &str, upper: &str) -> Result<Outcome, Error> {
    let (oid, child_oid) = (key::resolve(table)?, key::resolve(partition)?);
    let caller = Caller::now();
    let _pinned = caller.pin();
    let guide = [lower, upper].into_iter().find(|text| range::word(text).is_none());
    let look = || -> Result<Plan, Error> {
        let at = range::look(oid, guide, &caller)?;
        let child = Child::read(child_oid)?;
        let (from, to) = range::both_ends(&at, lower, upper)?;
        let mut wanted = range::wanted(&at, &from, &to, child.name.clone());
        wanted.call = Some(format!(
            "attach_partition({}, {}, {}, {})",
            literal(&at.facts.parent.identity),
            literal(&child.identity),
            literal(from.shown()),
            literal(to.shown())
        ));
        let remark = range::other_clock(&at, lower, upper, &wanted, &caller)?;
        Ok(Plan { at, child, wanted, remark })
    };
    let before = look()?;
    if before.is_done()? {
        return Ok(before.exists());
    }
    apply::within(&caller, &before.at.facts.parent, || {
        apply::lock(&before.at)?;
        // Nobody writes to it from here on, nor makes it a partition of another.
        spi::run(&format!("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE", before.child.identity))?;
        let now = look()?;
        apply::must_have_its_name(&before.at, &now.at)?;
        if now.child.identity != before.child.identity {
            return Err(Error::new(
                Code::NotInPrerequisiteState,
                format!("table \"{}\" got another name meanwhile", before.child.name),
            ));
        }
        if now.is_done()? {
            return Ok(now.exists());
        }
        now.run()?;
        Ok(Outcome { partition: now.child.identity, remarks: now.remark.into_iter().collect() })
    })
}

/// What the catalog says of the table that is to be attached.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a row of the catalog, each flag a column")]
struct Child {
    oid: pg_sys::Oid,
    name: String,
    /// Qualified and quoted.
    identity: String,
    kind: String,
    owner: String,
    may: bool,
    is_temporary: bool,
    is_system: bool,
    has_children: bool,
    /// Of which it is a partition, or a child otherwise; qualified and quoted.
    parent: Option<String>,
    is_partition: bool,
}

impl Child {
    fn read(oid: pg_sys::Oid) -> Result<Self, Error> {
        let rows = spi::select(
            "SELECT c.relname::text, format('%I.%I', n.nspname, c.relname), c.relkind::text, quote_ident(pg_get_userbyid(c.relowner)),
                    pg_has_role(c.relowner, 'USAGE'), c.relpersistence = 't',
                    n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast')
                    OR EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_class'::regclass AND x.objid = c.oid AND x.deptype = 'e'),
                    c.relkind <> 'p' AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid),
                    (SELECT format('%I.%I', pn.nspname, p.relname)
                       FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
                      WHERE i.inhrelid = c.oid ORDER BY i.inhseqno LIMIT 1),
                    c.relispartition
               FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE c.oid = $1",
            &[oid.into()],
            |row| {
                let text = |n| -> Result<Option<String>, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0)) };
                let some = |n| -> Result<String, Error> { Ok(text(n)?.unwrap_or_default()) };
                let flag = |n| -> Result<bool, Error> { Ok(row.get::<bool>(n)?.unwrap_or_default()) };
                Ok(Self {
                    oid,
                    name: some(1)?,
                    identity: some(2)?,
                    kind: some(3)?,
                    owner: some(4)?,
                    may: flag(5)?,
                    is_temporary: flag(6)?,
                    is_system: flag(7)?,
                    has_children: flag(8)?,
                    parent: text(9)?,
                    is_partition: flag(10)?,
                })
            },
        )?;
        rows.into_iter().next().ok_or_else(key::dropped)
    }

    /// # Errors
    /// It is nothing that can become a partition.
    fn check(&self) -> Result<(), Error> {
        let name = &self.name;
        let wrong = |message: String| Error::new(Code::WrongObjectType, message);
        if !matches!(self.kind.as_str(), "r" | "p") {
            return Err(
                wrong(format!("\"{name}\" is not a table")).detail(format!("It is a {}.", key::kind_name(&self.kind)))
            );
        }
        if self.is_system {
            return Err(wrong(format!("\"{name}\" belongs to the system or to an extension")));
        }
        if !self.may {
            return Err(Error::new(Code::InsufficientPrivilege, format!("must be owner of table {name}"))
                .hint(format!("Its owner is {}; a member of that role may call this, too.", self.owner)));
        }
        match &self.parent {
            Some(parent) if self.is_partition => {
                return Err(wrong(format!("\"{name}\" is already a partition"))
                    .detail(format!("It is one of {parent}."))
                    .hint(format!("Detach it first: ALTER TABLE {parent} DETACH PARTITION {};", self.identity)));
            }
            Some(parent) => {
                return Err(wrong(format!("\"{name}\" inherits from another table"))
                    .detail(format!("It is a child of {parent}."))
                    .hint(format!("End that first: ALTER TABLE {} NO INHERIT {parent};", self.identity)));
            }
            None => {}
        }
        if self.has_children {
            return Err(wrong(format!("other tables inherit from \"{name}\"")));
        }
        if self.is_temporary {
            return Err(Error::new(Code::NotSupported, format!("table \"{name}\" is temporary")));
        }
        Ok(())
    }
}

/// What is to be done, as things are at one moment.
struct Plan {
    at: Situation,
    child: Child,
    wanted: Wanted,
    remark: Option<Remark>,
}

impl Plan {
    /// Whether it is a partition with these bounds already.
    ///
    /// # Errors
    /// The range or the table does not allow it.
    fn is_done(&self) -> Result<bool, Error> {
        let Self { at, child, wanted, .. } = self;
        let parent = &at.facts.parent;
        if child.oid == at.oid {
            return Err(Error::new(
                Code::WrongObjectType,
                format!("\"{}\" cannot be a partition of itself", child.name),
            ));
        }
        if let Some(own) = at.siblings.iter().find(|s| s.oid == child.oid.to_u32()) {
            if own.range == wanted.range && !own.is_detaching {
                return Ok(true);
            }
            if own.range != wanted.range {
                return Err(Error::new(
                    Code::DuplicateTable,
                    format!("\"{}\" is already a partition of \"{}\", with other bounds", child.name, parent.name),
                )
                .detail(format!(
                    "It holds {}; asked for was {}.{}",
                    own.shown,
                    wanted.shown,
                    wanted.in_zone()
                )));
            }
        }
        apply::must_hold(at, wanted)?;
        let same = plan::attachable(parent, wanted, &at.siblings)?;
        child.check()?;
        match same {
            Some(holder) => Err(Error::new(
                Code::InvalidObjectDefinition,
                format!("range {} of \"{}\" has a partition already", wanted.shown, parent.name),
            )
            .detail(format!("It is {}.{}", holder.identity, wanted.in_zone()))),
            None => must_have_columns(at, child).map(|()| false),
        }
    }

    fn exists(self) -> Outcome {
        let Self { at, child, wanted, .. } = self;
        let remark = Remark {
            severity: Severity::Notice,
            sqlstate: "42P07",
            message: format!("\"{}\" is already this partition of \"{}\", skipping", child.name, at.facts.parent.name),
            detail: Some(format!("It holds {}.{}", wanted.shown, wanted.in_zone())),
            hint: None,
        };
        Outcome { partition: child.identity, remarks: vec![remark] }
    }

    fn run(&self) -> Result<(), Error> {
        let Self { at, wanted, .. } = self;
        let identity = &self.child.identity;
        if let Some((name, default)) = &at.facts.default
            && let Some(rows) = inspect::rows_in_default(default, &at.key, &wanted.shown)?
        {
            return Err(apply::rows_in_default(at, wanted, name, default, &rows)?);
        }
        let belongs = inspect::belongs(&at.key, &wanted.shown);
        spi::run(&format!("ALTER TABLE {identity} ADD CONSTRAINT {PROOF} CHECK ({belongs}) NOT VALID"))?;
        let validate = format!("ALTER TABLE {identity} VALIDATE CONSTRAINT {PROOF}");
        let proved = spi::caught(|| spi::run(&validate).unwrap_or_else(|error| error.raise()));
        if let Err(caught) = proved {
            if caught.code == PgSqlErrorCode::ERRCODE_CHECK_VIOLATION {
                return Err(self.outside(&belongs)?);
            }
            // Once more, to say it as the server did.
            spi::run(&validate)?;
        }
        // Rows on their way to the default would be refused: they wait at the table instead, for as long as ATTACH takes.
        if at.facts.default.is_some()
            && apply::method(&at.facts, &at.key, wanted.range.lower.point)? == Method::PartitionOf
        {
            spi::run(&format!("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE", at.facts.parent.identity))?;
        }
        let (lower, upper) =
            (apply::bound(&wanted.shown.lower, at.facts.columns), apply::bound(&wanted.shown.upper, at.facts.columns));
        spi::run(&format!(
            "ALTER TABLE {} ATTACH PARTITION {identity} FOR VALUES FROM ({lower}) TO ({upper})",
            at.facts.parent.identity
        ))?;
        spi::run(&format!("ALTER TABLE {identity} DROP CONSTRAINT {PROOF}"))?;
        Ok(())
    }

    /// The error about rows of other ranges.
    fn outside(&self, belongs: &str) -> Result<Error, Error> {
        let Self { at, child, wanted, .. } = self;
        let key = &at.key;
        let is_null: String = [&key.column]
            .into_iter()
            .chain(&key.further)
            .map(|column| format!("{column} IS NULL"))
            .collect::<Vec<_>>()
            .join(" OR ");
        let rows = spi::select(
            &format!(
                "SELECT count(*), count(*) FILTER (WHERE n), (min(k) FILTER (WHERE NOT n))::text, (max(k) FILTER (WHERE NOT n))::text
                   FROM (SELECT {} AS k, {is_null} AS n FROM {} WHERE NOT ({belongs}) LIMIT {}) AS x",
                key.comparable(),
                child.identity,
                ROWS_LOOKED_AT + 1
            ),
            &[],
            |row| {
                let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
                Ok((row.get::<i64>(1)?.unwrap_or_default(), row.get::<i64>(2)?.unwrap_or_default(), text(3)?, text(4)?))
            },
        )?;
        let (count, nulls, least, greatest) = rows.into_iter().next().unwrap_or_default();
        let mut said = Vec::new();
        match count - nulls {
            0 => {}
            1 => said.push(format!("1 row is not in {}: it is at {least}.", wanted.shown)),
            more => said.push(format!("{more} rows are not in {}: they lie from {least} to {greatest}.", wanted.shown)),
        }
        match nulls {
            0 => {}
            1 => said.push("1 row has a NULL in the key.".to_owned()),
            more => said.push(format!("{more} rows have a NULL in the key.")),
        }
        if count > ROWS_LOOKED_AT {
            said.push("There may be more: no others were looked at.".to_owned());
        }
        Ok(Error::new(
            Code::CheckViolation,
            format!(
                "table \"{}\" has rows that do not belong to a partition of \"{}\"",
                child.name, at.facts.parent.name
            ),
        )
        .detail(format!("{}{}", said.join(" "), wanted.in_zone()))
        .hint("Nothing was changed. Move these rows away first, or choose wider bounds."))
    }
}

/// Refuses a table whose columns are others, and says which.
fn must_have_columns(at: &Situation, child: &Child) -> Result<(), Error> {
    let rows = spi::select(
        "WITH col AS (
             SELECT attrelid, attname, format_type(atttypid, atttypmod) AS type, attcollation, attnotnull
               FROM pg_attribute WHERE attrelid IN ($1, $2) AND attnum > 0 AND NOT attisdropped)
         SELECT string_agg(format('%I %s', p.attname, p.type), ', ' ORDER BY p.attname) FILTER (WHERE c.attname IS NULL),
                string_agg(format('%I', c.attname), ', ' ORDER BY c.attname) FILTER (WHERE p.attname IS NULL),
                string_agg(format('%I is %s instead of %s', c.attname, c.type, p.type), ', ' ORDER BY c.attname) FILTER (WHERE c.type <> p.type),
                string_agg(format('%I', c.attname), ', ' ORDER BY c.attname) FILTER (WHERE c.type = p.type AND c.attcollation <> p.attcollation),
                string_agg(format('%I', c.attname), ', ' ORDER BY c.attname) FILTER (WHERE p.attnotnull AND NOT c.attnotnull)
           FROM (SELECT * FROM col WHERE attrelid = $1) AS p
           FULL JOIN (SELECT * FROM col WHERE attrelid = $2) AS c ON c.attname = p.attname",
        &[at.oid.into(), child.oid.into()],
        |row| {
            let said = |n, before: &str| -> Result<Option<String>, Error> {
                Ok(row.get::<Text>(n)?.map(|t| format!("{before}{}.", t.0)))
            };
            Ok([
                said(1, "It lacks ")?,
                said(2, "The table has no ")?,
                said(3, "Of another type: ")?,
                said(4, "Of another collation: ")?,
                said(5, "Not declared NOT NULL: ")?,
            ])
        },
    )?;
    let said: Vec<String> = rows.into_iter().flatten().flatten().collect();
    if said.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        Code::DatatypeMismatch,
        format!("columns of table \"{}\" are not those of \"{}\"", child.name, at.facts.parent.name),
    )
    .detail(said.join(" ")))
}
