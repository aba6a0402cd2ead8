//! The plain table: its column, the cutoff, and what is in the way.

use super::super::apply::Situation;
use super::super::encoding::Encoding;
use super::super::key::{self, Key, Kind};
use super::super::plan::{Wanted, literal};
use super::super::range::{self, Rule};
use super::super::stride::Stride;
use super::super::{inspect, movable, plan, series};
use super::CONSTRAINT;
use crate::error::{Code, Error};
use crate::text::Text;
use crate::{config, spi};
use pgrx::prelude::*;

/// A table that is to be converted.
pub(super) struct Plain {
    pub(super) at: Situation,
    /// As stored.
    pub(super) column: String,
    column_number: i16,
    is_not_null: bool,
    /// The first of them begins where the old table will end.
    pub(super) future: Vec<Wanted>,
}

/// What is in the way, or is to be known.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) severity: &'static str,
    pub(super) what: String,
    pub(super) detail: String,
    pub(super) sql: Option<String>,
}

impl Item {
    pub(super) fn is_blocker(&self) -> bool {
        self.severity == "blocker"
    }
}

/// Reads the table. `begun`: cutoff and zone of a conversion that is under way.
///
/// # Errors
/// It is no plain table, or not the caller's; its column is no time; the interval does not fit it.
pub(super) fn read(
    oid: pg_sys::Oid,
    column: &str,
    stride: Stride,
    premake: i32,
    begun: Option<(&str, &str)>,
) -> Result<Plain, Error> {
    let facts = key::read(oid).ok_or_else(key::dropped)?;
    facts.must_be_plain()?;
    let Column { name, quoted, number, time: (kind, encoding), is_not_null } =
        find_column(oid, &facts.parent.name, column)?;
    let key = Key { kind, encoding, column: quoted, collation: None, further: Vec::new() };
    series::check_stride(&key, stride)?;
    let zone = begun.map_or_else(|| config::text(&config::PARTITION_TIME_ZONE), |(_, zone)| zone.to_owned());
    let at = Situation::without_partitions(oid, facts, key, zone);
    let rule = Some(Rule { stride, start: None });
    let mut next = if let Some((cutoff, _)) = begun {
        cutoff.to_owned()
    } else {
        // One whole period at least lies between now and the cutoff: new rows beyond it are refused until all is done.
        let current = range::for_value(&at, &now(kind, &at.zone)?, rule)?;
        range::for_value(&at, &current.shown.upper, rule)?.shown.upper
    };
    let mut future = Vec::new();
    for _ in 0..premake {
        let wanted = range::for_value(&at, &next, rule)?;
        next.clone_from(&wanted.shown.upper);
        future.push(wanted);
    }
    if let (Some((cutoff, _)), Some(first)) = (begun, future.first())
        && first.shown.lower != cutoff
    {
        return Err(Error::new(Code::Internal, format!("cutoff {} is no bound", literal(cutoff))));
    }
    Ok(Plain { at, column: name, column_number: number, is_not_null, future })
}

/// Now, as the key holds it.
pub(super) fn now(kind: Kind, zone: &str) -> Result<String, Error> {
    let now = match kind {
        Kind::Instant => "clock_timestamp()::text",
        Kind::Timestamp => "(clock_timestamp() AT TIME ZONE $1)::text",
        Kind::Date => "(clock_timestamp() AT TIME ZONE $1)::date::text",
    };
    let rows = spi::select(&format!("SELECT {now}, $1"), &[Text::from(zone).into()], |row| {
        Ok(row.get::<Text>(1)?.map(|t| t.0).unwrap_or_default())
    })?;
    Ok(rows.into_iter().next().unwrap_or_default())
}

struct Column {
    /// As stored.
    name: String,
    quoted: String,
    number: i16,
    time: (Kind, Encoding),
    is_not_null: bool,
}

/// A column by its name, as it is stored or else as SQL writes it.
fn find_column(oid: pg_sys::Oid, table: &str, column: &str) -> Result<Column, Error> {
    let rows = spi::select(
        "SELECT a.attname::text, a.attnum, a.attnotnull, quote_ident(a.attname),
                (WITH RECURSIVE base (oid, below, is_domain) AS (
                     SELECT t.oid, t.typbasetype, t.typtype = 'd' FROM pg_type t WHERE t.oid = a.atttypid
                     UNION ALL
                     SELECT t.oid, t.typbasetype, t.typtype = 'd' FROM base b JOIN pg_type t ON t.oid = b.below WHERE b.is_domain)
                 SELECT format_type(b.oid, NULL) FROM base b WHERE NOT b.is_domain)
           FROM pg_attribute a
          WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped
            AND (a.attname = $2 OR quote_ident(a.attname) = $2 OR a.attname = lower($2) AND $2 !~ '\"')
          ORDER BY a.attname = $2 DESC LIMIT 1",
        &[oid.into(), Text::from(column).into()],
        |row| {
            let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
            Ok((text(1)?, row.get::<i16>(2)?.unwrap_or_default(), row.get::<bool>(3)?.unwrap_or_default(), text(4)?, text(5)?))
        },
    )?;
    let Some((name, number, is_not_null, quoted, type_name)) = rows.into_iter().next() else {
        return Err(Error::new(
            Code::UndefinedColumn,
            format!("column {} of table \"{table}\" does not exist", literal(column)),
        ));
    };
    // What others count is declared by a policy, which only a partitioned table can have.
    let Some(time) = Encoding::of(&type_name, None, false) else {
        return Err(Error::new(
            Code::NotSupported,
            format!("column {quoted} of table \"{table}\" is of type {type_name}"),
        )
        .hint("Supported are date, timestamp, timestamptz and uuid of version 7, and domains over them."));
    };
    Ok(Column { name, quoted, number, time, is_not_null })
}

impl Plain {
    /// Reads again what may have changed before the table was locked. Bounds do not change.
    ///
    /// # Errors
    /// As [`read`], and where the column is another.
    pub(super) fn read_again(&mut self) -> Result<(), Error> {
        let facts = key::read(self.at.oid).ok_or_else(key::dropped)?;
        facts.must_be_plain()?;
        let before = std::mem::replace(&mut self.at.facts, facts).parent;
        let name = before.name;
        let column = find_column(self.at.oid, &name, &self.column)?;
        if before.identity != self.at.facts.parent.identity
            || column.number != self.column_number
            || column.time != (self.at.key.kind, self.at.key.encoding)
        {
            return Err(Error::new(
                Code::NotInPrerequisiteState,
                format!("table \"{name}\" or its column was changed meanwhile"),
            )
            .hint("Call again with the name that it has now."));
        }
        self.is_not_null = column.is_not_null;
        Ok(())
    }

    /// Where the old table will end.
    pub(super) fn cutoff(&self) -> &str {
        self.future.first().map_or(plan::MAX, |first| &first.shown.lower)
    }

    /// The condition for rows of the old table, as PostgreSQL will ask for it.
    pub(super) fn condition(&self) -> String {
        let column = &self.at.key.column;
        format!("{column} IS NOT NULL AND {column} < {}", literal(self.cutoff()))
    }

    /// What is in the way, and what is to be known, in the catalog.
    pub(super) fn items(&self) -> Result<Vec<Item>, Error> {
        let mut items = spi::select(
            ITEMS,
            &[self.at.oid.into(), self.column_number.into(), Text::from(CONSTRAINT).into()],
            |row| {
                let text = |n| -> Result<Option<String>, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0)) };
                Ok(Item {
                    severity: match text(1)?.as_deref() {
                        Some("blocker") => "blocker",
                        Some("warning") => "warning",
                        _ => "info",
                    },
                    what: text(2)?.unwrap_or_default(),
                    detail: text(3)?.unwrap_or_default(),
                    sql: text(4)?,
                })
            },
        )?;
        for wanted in &self.future {
            let place = inspect::place(self.at.facts.schema_oid, &self.at.facts.schema_quoted, &wanted.name)?;
            if let Some(occupant) = place.occupant {
                items.push(Item {
                    severity: "blocker",
                    what: "name".to_owned(),
                    detail: format!("{} is taken: {}.", place.identity, occupant.kind),
                    sql: None,
                });
            }
        }
        items.sort_by_key(|item| match item.severity {
            "blocker" => 0,
            "warning" => 1,
            _ => 2,
        });
        Ok(items)
    }

    /// Rows that the old table cannot keep. Reads it, at worst all of it.
    pub(super) fn rows_in_the_way(&self) -> Result<Vec<Item>, Error> {
        let (table, column) = (&self.at.facts.parent.identity, &self.at.key.column);
        let mut items = Vec::new();
        let hidden =
            spi::select("SELECT row_security_active($1::oid)", &[self.at.oid.into()], |row| Ok(row.get::<bool>(1)?))?;
        if hidden.into_iter().flatten().any(|hidden| hidden) {
            items.push(Item {
                severity: "warning",
                what: "row_security".to_owned(),
                detail: "Row level security hides rows from the caller: whether any is in the way, VALIDATE will tell."
                    .to_owned(),
                sql: None,
            });
            return Ok(items);
        }
        let found = |condition: &str| -> Result<bool, Error> {
            let rows =
                spi::select(&format!("SELECT EXISTS (SELECT FROM ONLY {table} WHERE {condition})"), &[], |row| {
                    Ok(row.get::<bool>(1)?)
                })?;
            Ok(rows.into_iter().flatten().next().unwrap_or_default())
        };
        let beyond = format!("{column} >= {}", literal(self.cutoff()));
        if found(&beyond)? {
            items.push(Item {
                severity: "blocker",
                what: "future_rows".to_owned(),
                detail: format!(
                    "Rows lie at or after the cutoff, {}. More of them would be refused from the first step until the last.",
                    self.cutoff()
                ),
                sql: Some(format!("SELECT * FROM {table} WHERE {beyond};")),
            });
        }
        if let Some((_, form)) = movable::form(&self.at.key) {
            let other = format!("NOT ({form})");
            if found(&other)? {
                items.push(Item {
                    severity: "blocker",
                    what: "other_uuids".to_owned(),
                    detail: format!("Rows have {column} that is not of version 7, and says no time."),
                    sql: Some(format!("SELECT * FROM {table} WHERE {other};")),
                });
            }
        }
        let missing = format!("{column} IS NULL");
        if !self.is_not_null && found(&missing)? {
            items.push(Item {
                severity: "blocker",
                what: "null_rows".to_owned(),
                detail: format!("Rows have no {column}: they belong to no partition."),
                sql: Some(format!("SELECT * FROM {table} WHERE {missing};")),
            });
        }
        Ok(items)
    }
}

/// $1: the table. $2: number of the key column. $3: the constraint of a conversion that is under way.
const ITEMS: &str = "
WITH t AS (
    SELECT c.*, format('%I.%I', n.nspname, c.relname) AS identity, n.nspname, a.attname AS key, quote_ident(a.attname) AS key_quoted,
           a.attnotnull AS key_not_null, a.attgenerated AS key_generated,
           ARRAY[c.reltype, (SELECT y.typarray FROM pg_type y WHERE y.oid = c.reltype)] AS types
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = $2
     WHERE c.oid = $1
), k AS (
    SELECT k.* FROM pg_constraint k WHERE k.conrelid = $1 AND k.conname <> $3
), x AS (
    SELECT x.*, i.relname, c.conname, c.contype,
           array_to_string(ARRAY(SELECT pg_get_indexdef(x.indexrelid, n, false) FROM generate_series(1, x.indnkeyatts) n), ', ') AS columns
      FROM pg_index x
      JOIN pg_class i ON i.oid = x.indexrelid
      LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.conrelid = $1 AND c.contype IN ('p', 'u', 'x')
     WHERE x.indrelid = $1
), u AS (
    SELECT p.*, r.oid AS explicit FROM pg_publication p LEFT JOIN pg_publication_rel r ON r.prpubid = p.oid AND r.prrelid = $1
     WHERE r.oid IS NOT NULL OR p.puballtables
        OR EXISTS (SELECT FROM pg_publication_namespace s JOIN t ON s.pnnspid = t.relnamespace WHERE s.pnpubid = p.oid)
), d AS (
    SELECT d.* FROM pg_depend d, t
     WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = $1
        OR d.refclassid = 'pg_type'::regclass AND d.refobjid = ANY (t.types)
)
SELECT 'blocker', 'partition', format('It is a partition of %s.', i.inhparent::regclass), NULL
  FROM t JOIN pg_inherits i ON i.inhrelid = t.oid WHERE t.relispartition
UNION ALL
SELECT 'blocker', 'inheritance', format(CASE WHEN i.inhrelid = t.oid THEN 'It inherits from %s.' ELSE '%s inherits from it.' END,
           (CASE WHEN i.inhrelid = t.oid THEN i.inhparent ELSE i.inhrelid END)::regclass),
       format('ALTER TABLE %s NO INHERIT %s;', i.inhrelid::regclass, i.inhparent::regclass)
  FROM t JOIN pg_inherits i ON t.oid IN (i.inhrelid, i.inhparent) WHERE NOT t.relispartition
UNION ALL
SELECT 'blocker', 'persistence', CASE relpersistence WHEN 't' THEN 'It is temporary.' ELSE 'It is unlogged.' END,
       CASE relpersistence WHEN 'u' THEN format('ALTER TABLE %s SET LOGGED;', identity) END
  FROM t WHERE relpersistence <> 'p'
UNION ALL
SELECT 'blocker', 'extension', format('It belongs to extension %I.', e.extname), NULL
  FROM pg_depend y JOIN pg_extension e ON e.oid = y.refobjid WHERE y.classid = 'pg_class'::regclass AND y.objid = $1 AND y.deptype = 'e'
UNION ALL
SELECT 'blocker', 'typed_table', format('It is of type %s.', reloftype::regtype), format('ALTER TABLE %s NOT OF;', identity) FROM t WHERE reloftype <> 0
UNION ALL
SELECT 'blocker', 'generated_key', format('Column %s is generated: it cannot be a key.', key_quoted), NULL FROM t WHERE key_generated <> ''
UNION ALL
SELECT 'blocker', 'other_uuids', format('The default of column %s makes UUIDs that say no time, as those of version 7 do.', key_quoted), NULL
  FROM t WHERE pg_get_expr((SELECT d.adbin FROM pg_attrdef d WHERE d.adrelid = $1 AND d.adnum = $2), $1)
               ~ '\\y(gen_random_uuid|uuidv4|uuid_generate_v[0-9]\\w*)\\('
UNION ALL
SELECT 'blocker', CASE x.contype WHEN 'p' THEN 'primary_key' ELSE 'unique' END,
       format('%I on (%s) has no column %s: what is unique in a partitioned table holds its key. (%s) alone will not be unique any more.',
              x.relname, x.columns, t.key_quoted, x.columns),
       CASE WHEN x.indpred IS NULL THEN
           CASE WHEN x.contype = 'p' AND NOT t.key_not_null THEN
               format('ALTER TABLE %s ADD CONSTRAINT %I CHECK (%s IS NOT NULL) NOT VALID; ALTER TABLE %1$s VALIDATE CONSTRAINT %2$I; '
                      'ALTER TABLE %1$s ALTER COLUMN %3$s SET NOT NULL; ALTER TABLE %1$s DROP CONSTRAINT %2$I; ',
                      t.identity, left(t.key, 50) || '_not_null', t.key_quoted)
           ELSE '' END
           || format('CREATE UNIQUE INDEX CONCURRENTLY %I ON %s USING btree (%s, %s); ', left(x.relname, 50) || '_new', t.identity, x.columns, t.key_quoted)
           || CASE WHEN x.conname IS NULL
                   THEN format('DROP INDEX CONCURRENTLY %I.%I;', t.nspname, x.relname)
                   ELSE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %2$I %s USING INDEX %I;',
                               t.identity, x.conname, CASE x.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, left(x.relname, 50) || '_new') END
       END
  FROM x, t WHERE x.indisunique AND NOT ($2 = ANY ((x.indkey::int2[])[0:x.indnkeyatts - 1]))
UNION ALL
SELECT 'blocker', 'exclusion', format('Exclusion constraint %I: partitioned tables have none.', k.conname),
       format('ALTER TABLE %s DROP CONSTRAINT %I;', t.identity, k.conname)
  FROM k, t WHERE k.contype = 'x'
UNION ALL
SELECT 'blocker', 'invalid_index', format('Index %I is not valid.', x.relname), format('DROP INDEX CONCURRENTLY %I.%I;', t.nspname, x.relname)
  FROM x, t WHERE NOT x.indisvalid OR NOT x.indisready
UNION ALL
SELECT 'blocker', 'not_valid', format('Constraint %I is not valid.', k.conname), format('ALTER TABLE %s VALIDATE CONSTRAINT %I;', t.identity, k.conname)
  FROM k, t WHERE NOT k.convalidated
UNION ALL
SELECT 'blocker', 'no_inherit', format('Constraint %I is NO INHERIT: partitioned tables have none such.', k.conname),
       format('ALTER TABLE %s DROP CONSTRAINT %I;', t.identity, k.conname)
  FROM k, t WHERE k.connoinherit AND k.contype IN ('c', 'n')
UNION ALL
SELECT 'blocker', 'foreign_key_in', format('Foreign key %I of %s refers to it.', f.conname, f.conrelid::regclass),
       format('ALTER TABLE %s DROP CONSTRAINT %I;', f.conrelid::regclass, f.conname)
  FROM pg_constraint f WHERE f.confrelid = $1 AND f.contype = 'f' AND f.conparentid = 0
UNION ALL
SELECT DISTINCT 'blocker', CASE v.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized_view' ELSE 'rule' END,
       format('%s reads it, and would go on reading the old table alone.', v.oid::regclass),
       CASE v.relkind WHEN 'v' THEN format('DROP VIEW %s;', v.oid::regclass) WHEN 'm' THEN format('DROP MATERIALIZED VIEW %s;', v.oid::regclass)
                      ELSE format('DROP RULE %I ON %s;', r.rulename, v.oid::regclass) END
  FROM d JOIN pg_rewrite r ON r.oid = d.objid AND d.classid = 'pg_rewrite'::regclass JOIN pg_class v ON v.oid = r.ev_class WHERE r.ev_class <> $1
UNION ALL
SELECT 'blocker', 'rule', format('Rule %I is on it.', r.rulename), format('DROP RULE %I ON %s;', r.rulename, t.identity)
  FROM pg_rewrite r, t WHERE r.ev_class = $1
UNION ALL
SELECT DISTINCT 'blocker', 'function', format('%s depends on it or its row type.', pg_describe_object(d.classid, d.objid, 0)), NULL
  FROM d WHERE d.classid = 'pg_proc'::regclass
UNION ALL
SELECT DISTINCT 'blocker', 'row_type', format('%s is of its row type.', pg_describe_object(d.classid, d.objid, d.objsubid)), NULL
  FROM d WHERE d.refclassid = 'pg_type'::regclass AND d.classid NOT IN ('pg_proc'::regclass, 'pg_rewrite'::regclass)
           AND d.deptype <> 'i' AND NOT (d.classid = 'pg_type'::regclass AND d.objid = ANY (SELECT unnest(t.types) FROM t))
UNION ALL
SELECT DISTINCT 'blocker', 'policy', format('%s asks it.', pg_describe_object(d.classid, d.objid, 0)), NULL
  FROM d JOIN pg_policy p ON p.oid = d.objid AND d.classid = 'pg_policy'::regclass WHERE p.polrelid <> $1
UNION ALL
SELECT 'blocker', 'trigger', format('Trigger %I is on it.', g.tgname),
       format('DROP TRIGGER %I ON %s; -- and after the conversion: %s;', g.tgname, t.identity, pg_get_triggerdef(g.oid))
  FROM pg_trigger g, t WHERE g.tgrelid = $1 AND NOT g.tgisinternal
UNION ALL
SELECT 'blocker', 'publication', format('Publication %I would publish partitions as tables of their own.', u.pubname),
       format('ALTER PUBLICATION %I SET (publish_via_partition_root = true);', u.pubname)
  FROM u WHERE NOT u.pubviaroot
UNION ALL
SELECT 'blocker', 'publication', format('Publication %I has it, and belongs to %s.', u.pubname, pg_get_userbyid(u.pubowner)), NULL
  FROM u WHERE u.pubviaroot AND u.explicit IS NOT NULL AND NOT pg_has_role(u.pubowner, 'USAGE')
UNION ALL
SELECT DISTINCT 'blocker', 'sequence', format('%s depends on %s, which is made anew.', pg_describe_object(x.classid, x.objid, x.objsubid), y.objid::regclass), NULL
  FROM pg_depend y JOIN pg_class s ON s.oid = y.objid AND s.relkind = 'S'
  JOIN pg_depend x ON x.refclassid = 'pg_class'::regclass AND x.refobjid = y.objid AND x.deptype <> 'i'
 WHERE y.classid = 'pg_class'::regclass AND y.refclassid = 'pg_class'::regclass AND y.refobjid = $1 AND y.deptype = 'i'
UNION ALL
SELECT 'blocker', 'subscription', 'A subscription writes it.', NULL FROM pg_subscription_rel s WHERE s.srrelid = $1
UNION ALL
SELECT 'blocker', 'security_label', 'It has security labels.', NULL
  FROM pg_seclabel s WHERE s.classoid = 'pg_class'::regclass AND s.objoid = $1 GROUP BY s.objoid
UNION ALL
SELECT 'blocker', 'privilege', format('%s may not create tables in schema %I.', o.role, t.nspname), format('GRANT CREATE ON SCHEMA %I TO %s;', t.nspname, o.role)
  FROM t CROSS JOIN LATERAL (SELECT DISTINCT o.oid, quote_ident(o.rolname) FROM pg_roles o WHERE o.oid = t.relowner OR o.rolname = current_user) AS o (oid, role)
 WHERE NOT has_schema_privilege(o.oid, t.relnamespace, 'CREATE')
UNION ALL
SELECT 'warning', 'grants', format('Granted by %s, it will be granted by the owner.', string_agg(DISTINCT pg_get_userbyid(e.grantor), ', ')), NULL
  FROM t CROSS JOIN LATERAL (
      SELECT x.grantor FROM aclexplode(t.relacl) x UNION ALL
      SELECT x.grantor FROM pg_attribute a, aclexplode(a.attacl) x WHERE a.attrelid = $1 AND NOT a.attisdropped) AS e
 WHERE e.grantor <> t.relowner HAVING count(*) > 0
UNION ALL
SELECT 'warning', 'nulls', format('Rows without a %s will be refused.', key_quoted), NULL FROM t WHERE NOT key_not_null
UNION ALL
SELECT 'info', CASE WHEN y.deptype = 'i' THEN 'identity' ELSE 'serial' END,
       format('Column %I goes on counting where it is, by %s.', a.attname, y.objid::regclass), NULL
  FROM pg_depend y JOIN pg_class s ON s.oid = y.objid AND s.relkind = 'S'
  JOIN pg_attribute a ON a.attrelid = $1 AND a.attnum = y.refobjsubid
 WHERE y.classid = 'pg_class'::regclass AND y.refclassid = 'pg_class'::regclass AND y.refobjid = $1 AND y.deptype IN ('a', 'i')
UNION ALL
SELECT 'info', 'row_security', 'Its policies are taken over.', NULL FROM t WHERE relrowsecurity OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = $1)
UNION ALL
SELECT 'info', 'publication', format('Publication %I goes on publishing it.', u.pubname), NULL
  FROM u WHERE u.pubviaroot AND (u.explicit IS NULL OR pg_has_role(u.pubowner, 'USAGE'))
UNION ALL
SELECT 'info', 'foreign_key', format('Foreign key %I is kept; %s is locked in SHARE ROW EXCLUSIVE during the swap.', k.conname, k.confrelid::regclass), NULL
  FROM k WHERE k.contype = 'f' AND k.confrelid <> $1
ORDER BY 1, 2, 3";
