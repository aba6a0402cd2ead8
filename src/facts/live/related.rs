//! What hangs on a relation or a type: questions that take a look at several catalogs, answered by queries.

use crate::ast::Lock;
use crate::error::{Code, Error};
use crate::facts::{
    ConstraintOf, ConstraintType, Dependent, Holder, Lookup, Obstacle, Publication, QualifiedName, Reference, Usage,
    UseOfType,
};
use crate::spi;
use crate::text::Text;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid};
use pgrx::spi::SpiHeapTupleData;

/// Rows of a query that is asked with pg_warden's own search path, whatever the caller's is. A query that fails is an
/// error of pg_warden's own, and raised as one.
fn rows<T>(
    sql: &'static str,
    arguments: &[DatumWithOid<'_>],
    row: impl FnMut(&SpiHeapTupleData<'_>) -> Result<T, Error>,
) -> Vec<T> {
    let _path = spi::Settings::pin_search_path();
    spi::select_planned(sql, arguments, row).unwrap_or_else(|error| Error::raise(error))
}

fn string(row: &SpiHeapTupleData<'_>, column: usize) -> Result<String, Error> {
    Ok(row.get::<Text>(column)?.map(|text| text.0).unwrap_or_default())
}

/// A column that holds an array of texts as JSON.
fn strings(row: &SpiHeapTupleData<'_>, column: usize) -> Result<Vec<String>, Error> {
    let json = string(row, column)?;
    serde_json::from_str(&json).map_err(|error| Error::new(Code::Internal, error.to_string()))
}

/// A name in the columns `n` and `n + 1`.
fn name(row: &SpiHeapTupleData<'_>, n: usize) -> Result<QualifiedName, Error> {
    Ok(QualifiedName::new(string(row, n)?, string(row, n + 1)?))
}

/// Foreign keys of other tables that point at a table.
pub(super) fn referenced_by(table: Oid) -> Vec<Reference> {
    rows(
        "SELECT c.conname::text, n.nspname::text, r.relname::text,
                array_to_json(ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
                      JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum ORDER BY k.place))::text,
                array_to_json(ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY AS k (attnum, place)
                      JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.attnum ORDER BY k.place))::text,
                c.convalidated
         FROM pg_constraint AS c
         JOIN pg_class AS r ON r.oid = c.conrelid
         JOIN pg_namespace AS n ON n.oid = r.relnamespace
         WHERE c.contype = 'f' AND c.confrelid = $1 ORDER BY c.oid",
        &[table.into()],
        |row| {
            Ok(Reference {
                constraint: string(row, 1)?,
                table: name(row, 2)?,
                columns: strings(row, 4)?,
                referenced: strings(row, 5)?,
                validated: row.get::<bool>(6)?.unwrap_or(true),
            })
        },
    )
}

/// A foreign key of a table over the same pairs of columns, with the same options.
pub(super) fn equal_foreign_key(
    table: Oid,
    columns: &[String],
    referenced: Oid,
    referenced_columns: &[String],
    options: &str,
) -> Option<String> {
    let pairs: Vec<_> = columns.iter().zip(referenced_columns).collect();
    let pairs = serde_json::to_string(&pairs).unwrap_or_default();
    let found = rows(
        "SELECT c.conname::text
         FROM pg_constraint AS c
         -- Before 18 the inner query has no column of that name and means the outer one.
         CROSS JOIN (SELECT true AS conenforced) AS before_18
         WHERE c.conrelid = $1 AND c.contype = 'f' AND c.conparentid = 0 AND c.confrelid = $2
           AND (SELECT conenforced FROM (SELECT c.*) AS of_18)
           AND ARRAY(SELECT a.attname || '=' || r.attname
                     FROM unnest(c.conkey, c.confkey) AS k (own, other)
                     JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.own
                     JOIN pg_attribute AS r ON r.attrelid = c.confrelid AND r.attnum = k.other ORDER BY 1)
             = ARRAY(SELECT (p ->> 0) || '=' || (p ->> 1) FROM jsonb_array_elements($3::jsonb) AS p ORDER BY 1)
           AND concat(CASE c.confmatchtype WHEN 'f' THEN ' MATCH FULL' END,
                      CASE c.confupdtype WHEN 'r' THEN ' ON UPDATE RESTRICT' WHEN 'c' THEN ' ON UPDATE CASCADE'
                                         WHEN 'n' THEN ' ON UPDATE SET NULL' WHEN 'd' THEN ' ON UPDATE SET DEFAULT' END,
                      CASE c.confdeltype WHEN 'r' THEN ' ON DELETE RESTRICT' WHEN 'c' THEN ' ON DELETE CASCADE'
                                         WHEN 'n' THEN ' ON DELETE SET NULL' WHEN 'd' THEN ' ON DELETE SET DEFAULT' END,
                      CASE WHEN c.condeferrable THEN ' DEFERRABLE' END,
                      CASE WHEN c.condeferred THEN ' INITIALLY DEFERRED' END) = $4
         ORDER BY c.oid LIMIT 1",
        &[table.into(), referenced.into(), Text::from(pairs).into(), Text::from(options).into()],
        |row| string(row, 1),
    );
    found.into_iter().next()
}

/// The columns that a table is partitioned by, and nothing for each expression.
pub(super) fn partition_key(table: Oid) -> Vec<Option<String>> {
    rows(
        "SELECT a.attname::text
         FROM pg_partitioned_table AS p
         CROSS JOIN unnest(p.partattrs::int2[]) WITH ORDINALITY AS k (attnum, place)
         LEFT JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = k.attnum AND k.attnum > 0
         WHERE p.partrelid = $1 ORDER BY k.place",
        &[table.into()],
        |row| Ok(row.get::<Text>(1)?.map(|text| text.0)),
    )
}

/// A constraint of a table.
pub(super) fn constraint(table: Oid, named: &str) -> Option<ConstraintOf> {
    let found = rows(
        "SELECT c.contype::text, c.convalidated, n.nspname::text, r.relname::text, i.relname::text,
                array_to_json(ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
                      JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum ORDER BY k.place))::text,
                c.xmin::text
         FROM pg_constraint AS c
         LEFT JOIN pg_class AS r ON r.oid = c.confrelid
         LEFT JOIN pg_namespace AS n ON n.oid = r.relnamespace
         LEFT JOIN pg_class AS i ON i.oid = c.conindid
         WHERE c.conrelid = $1 AND c.conname::text = $2",
        &[table.into(), Text::from(named).into()],
        |row| {
            let kind = match string(row, 1)?.as_str() {
                "c" => ConstraintType::Check,
                "f" => ConstraintType::ForeignKey,
                "p" => ConstraintType::PrimaryKey,
                "u" => ConstraintType::Unique,
                "x" => ConstraintType::Exclusion,
                "n" => ConstraintType::NotNull,
                _ => ConstraintType::Other,
            };
            Ok(ConstraintOf {
                kind,
                validated: row.get::<bool>(2)?.unwrap_or(true),
                referenced: if kind == ConstraintType::ForeignKey { Some(name(row, 3)?) } else { None },
                index: row.get::<Text>(5)?.map(|text| text.0).filter(|_| kind != ConstraintType::ForeignKey),
                columns: strings(row, 6)?,
                made_in_this_transaction: string(row, 7)?.parse().is_ok_and(is_of_this_transaction),
            })
        },
    );
    found.into_iter().next()
}

/// Savepoints and exception blocks have numbers of their own.
fn is_of_this_transaction(number: u32) -> bool {
    // SAFETY: any number may be asked for.
    unsafe { pg_sys::TransactionIdIsCurrentTransactionId(pg_sys::TransactionId::from(number)) }
}

/// What goes, or is in the way, when a relation or a column of it is dropped: by pg_depend, all the way.
pub(super) fn dependents(classid: &str, object: Oid, column: i16) -> Vec<Dependent> {
    rows(
        "WITH RECURSIVE start (classid, objid, objsubid) AS (
             VALUES ($1::regclass::oid, $2, $3::int)
         ), found (classid, objid, objsubid, silent) AS (
             SELECT d.classid, d.objid, d.objsubid, d.deptype IN ('a', 'i', 'P', 'S')
             FROM start AS s JOIN pg_depend AS d
               ON d.refclassid = s.classid AND d.refobjid = s.objid AND (s.objsubid = 0 OR d.refobjsubid = s.objsubid)
             WHERE (d.classid, d.objid) <> (s.classid, s.objid)
             UNION
             SELECT next.classid, next.objid, next.objsubid, f.silent AND next.silent
             FROM found AS f CROSS JOIN LATERAL (
                 SELECT d.classid, d.objid, d.objsubid, d.deptype IN ('a', 'i', 'P', 'S') AS silent
                 FROM pg_depend AS d
                 WHERE d.refclassid = f.classid AND d.refobjid = f.objid
                   AND (f.objsubid = 0 OR d.refobjsubid = f.objsubid)
                 UNION ALL
                 -- A view is more than its rule.
                 SELECT 'pg_class'::regclass, w.ev_class, 0, true
                 FROM pg_rewrite AS w WHERE f.classid = 'pg_rewrite'::regclass AND w.oid = f.objid
                 UNION ALL
                 -- A generated column goes with its expression.
                 SELECT 'pg_class'::regclass, e.adrelid, e.adnum::int, true
                 FROM pg_attrdef AS e
                 JOIN pg_attribute AS a ON a.attrelid = e.adrelid AND a.attnum = e.adnum AND a.attgenerated <> ''
                 WHERE f.classid = 'pg_attrdef'::regclass AND e.oid = f.objid
             ) AS next
         )
         SELECT DISTINCT ON (f.classid, f.objid, f.objsubid)
                pg_describe_object(f.classid, f.objid, f.objsubid), n.nspname::text, c.relname::text,
                bool_or(f.silent) OVER (PARTITION BY f.classid, f.objid, f.objsubid), f.classid::regclass::text,
                c.relkind IN ('i', 'I') AND f.classid = 'pg_class'::regclass, k.conname::text
         FROM found AS f
         LEFT JOIN pg_constraint AS k ON f.classid = 'pg_constraint'::regclass AND k.oid = f.objid
         LEFT JOIN pg_trigger AS t ON f.classid = 'pg_trigger'::regclass AND t.oid = f.objid
         LEFT JOIN pg_policy AS p ON f.classid = 'pg_policy'::regclass AND p.oid = f.objid
         LEFT JOIN pg_attrdef AS e ON f.classid = 'pg_attrdef'::regclass AND e.oid = f.objid
         LEFT JOIN pg_class AS c ON c.oid = CASE WHEN f.classid = 'pg_class'::regclass THEN f.objid
             ELSE COALESCE(k.conrelid, t.tgrelid, p.polrelid, e.adrelid) END
         LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE (f.classid, f.objid) <> (SELECT s.classid, s.objid FROM start AS s) OR f.objsubid <> 0
         ORDER BY f.classid, f.objid, f.objsubid",
        &[Text::from(classid).into(), object.into(), i32::from(column).into()],
        |row| {
            let relation = row.get::<Text>(3)?.map(|_| name(row, 2)).transpose()?;
            Ok(Dependent {
                description: string(row, 1)?,
                relation,
                silent: row.get::<bool>(4)?.unwrap_or(false),
                catalog: string(row, 5)?,
                is_index: row.get::<bool>(6)?.unwrap_or(false),
                constraint: row.get::<Text>(7)?.map(|text| text.0),
            })
        },
    )
}

/// What the server's `RememberAllDependentForRebuilding` refuses to change the type of a column for: what it cannot
/// build again by itself.
pub(super) fn obstacles(table: Oid, column: &str) -> Vec<Obstacle> {
    rows(
        "SELECT DISTINCT ON (d.classid, d.objid)
                CASE WHEN w.rulename = '_RETURN' THEN pg_describe_object('pg_class'::regclass, w.ev_class, 0)
                     WHEN d.classid = 'pg_attrdef'::regclass
                     THEN pg_describe_object('pg_class'::regclass, e.adrelid, e.adnum)
                     ELSE pg_describe_object(d.classid, d.objid, 0) END,
                n.nspname::text, c.relname::text, g.attname::text,
                CASE WHEN w.rulename = '_RETURN' AND c.relkind = 'm' THEN format('DROP MATERIALIZED VIEW %I.%I', n.nspname, c.relname)
                     WHEN w.rulename = '_RETURN' THEN format('DROP VIEW %I.%I', n.nspname, c.relname)
                     WHEN w.oid IS NOT NULL THEN format('DROP RULE %I ON %I.%I', w.rulename, n.nspname, c.relname)
                     WHEN t.oid IS NOT NULL THEN format('DROP TRIGGER %I ON %I.%I', t.tgname, n.nspname, c.relname)
                     WHEN p.oid IS NOT NULL THEN format('DROP POLICY %I ON %I.%I', p.polname, n.nspname, c.relname)
                     WHEN e.oid IS NOT NULL THEN format('ALTER TABLE %I.%I DROP COLUMN %I', n.nspname, c.relname, g.attname)
                     WHEN r.oid IS NOT NULL
                     THEN format('ALTER PUBLICATION %I DROP TABLE %s', u.pubname, r.prrelid::regclass)
                     ELSE format('DROP ROUTINE %s', d.objid::regprocedure) END || ';'
         FROM pg_depend AS d
         JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
         LEFT JOIN pg_rewrite AS w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
         LEFT JOIN pg_trigger AS t ON d.classid = 'pg_trigger'::regclass AND t.oid = d.objid
         LEFT JOIN pg_policy AS p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
         LEFT JOIN pg_attrdef AS e ON d.classid = 'pg_attrdef'::regclass AND e.oid = d.objid
         LEFT JOIN pg_attribute AS g ON g.attrelid = e.adrelid AND g.attnum = e.adnum
         LEFT JOIN pg_publication_rel AS r ON d.classid = 'pg_publication_rel'::regclass AND r.oid = d.objid
         LEFT JOIN pg_publication AS u ON u.oid = r.prpubid
         LEFT JOIN pg_class AS c ON c.oid = COALESCE(w.ev_class, t.tgrelid, p.polrelid, e.adrelid)
         LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND a.attname::text = $2
           AND (COALESCE(w.oid, t.oid, p.oid, r.oid) IS NOT NULL OR d.classid = 'pg_proc'::regclass
                -- Its own default stays.
                OR (e.adrelid, e.adnum) <> (d.refobjid, d.refobjsubid))
         ORDER BY d.classid, d.objid",
        &[table.into(), Text::from(column).into()],
        |row| {
            Ok(Obstacle {
                description: string(row, 1)?,
                of: row.get::<Text>(3)?.map(|_| name(row, 2)).transpose()?,
                generated: row.get::<Text>(4)?.map(|text| text.0),
                removal: string(row, 5)?,
            })
        },
    )
}

/// Columns of tables that are of a type, directly, as an array or through domains over it.
pub(super) fn uses_of_type(type_: Oid) -> Vec<UseOfType> {
    rows(
        "WITH RECURSIVE types (oid) AS (
             SELECT $1
             UNION
             SELECT t.oid FROM types AS known JOIN pg_type AS t ON known.oid IN (t.typbasetype, t.typelem)
         )
         SELECT n.nspname::text, c.relname::text, a.attname::text
         FROM pg_attribute AS a
         JOIN pg_class AS c ON c.oid = a.attrelid
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE a.atttypid IN (SELECT t.oid FROM types AS t) AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'f')
         ORDER BY c.oid, a.attnum",
        &[type_.into()],
        |row| Ok(UseOfType { table: name(row, 1)?, column: string(row, 3)? }),
    )
}

/// Tables that were made `OF` a composite type.
pub(super) fn typed_tables(type_: Oid) -> Vec<QualifiedName> {
    rows(
        "SELECT n.nspname::text, c.relname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.reloftype = $1 ORDER BY c.oid",
        &[type_.into()],
        |row| name(row, 1),
    )
}

/// Indexes of a table in which a column has a part, for those that have an expression or a predicate: see
/// [`super::index::with_column`].
pub(super) fn indexes_with(table: Oid, column: &str) -> Vec<QualifiedName> {
    rows(
        "SELECT n.nspname::text, c.relname::text
         FROM pg_index AS i
         JOIN pg_class AS c ON c.oid = i.indexrelid
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
         JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attname::text = $2
         WHERE i.indrelid = $1
           AND (a.attnum = ANY (i.indkey::int2[])
                OR EXISTS (SELECT FROM pg_depend AS d
                           WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                             AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
                             AND d.refobjsubid = a.attnum))
         ORDER BY c.oid",
        &[table.into(), Text::from(column).into()],
        |row| name(row, 1),
    )
}

/// When the last of the scans of `usage` was; the server does not tell before 16.
#[cfg(feature = "pg15")]
macro_rules! last_scan {
    () => {
        "NULL::timestamptz"
    };
}
#[cfg(not(feature = "pg15"))]
macro_rules! last_scan {
    () => {
        "max(pg_stat_get_lastscan(s.oid))"
    };
}

/// How much a relation and its partitions are used. The scans that build an index (two of them, if CONCURRENTLY) count
/// as reads of its table for the server, and not here.
pub(super) fn usage(relation: Oid) -> Usage {
    let found = rows(
        concat!(
            "WITH RECURSIVE tree (oid) AS (
                 SELECT $1
                 UNION
                 SELECT i.inhrelid FROM tree AS t JOIN pg_inherits AS i ON i.inhparent = t.oid
             ), scanned (oid, builds) AS (
                 SELECT t.oid, 2 * (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = t.oid) FROM tree AS t
                 UNION ALL
                 SELECT i.indexrelid, 0 FROM tree AS t JOIN pg_index AS i ON i.indrelid = t.oid
             )
             SELECT sum(greatest(pg_stat_get_numscans(s.oid) - s.builds, 0))::int8,
                    extract(epoch FROM clock_timestamp() - ",
            last_scan!(),
            ")::float8,
                    extract(epoch FROM clock_timestamp() - (
                        SELECT pg_stat_get_db_stat_reset_time(d.oid) FROM pg_database AS d
                        WHERE d.datname = current_database()))::float8
             FROM scanned AS s"
        ),
        &[relation.into()],
        |row| {
            let reads = row.get::<i64>(1)?.unwrap_or(0);
            Ok(Usage { reads, last_read: row.get::<f64>(2)?.filter(|_| reads > 0), since: row.get::<f64>(3)? })
        },
    );
    found.into_iter().next().unwrap_or_default()
}

/// Whether a table has a trigger of that name.
pub(super) fn has_trigger(table: Oid, named: &str) -> bool {
    let found = rows(
        "SELECT true FROM pg_trigger AS t WHERE t.tgrelid = $1 AND t.tgname::text = $2 LIMIT 1",
        &[table.into(), Text::from(named).into()],
        |_| Ok(()),
    );
    !found.is_empty()
}

/// Whether a publication sends generated columns, which none does before 18.
#[cfg(feature = "pg18")]
macro_rules! generated_is_sent {
    () => {
        "p.pubgencols = 's'"
    };
}
#[cfg(not(feature = "pg18"))]
macro_rules! generated_is_sent {
    () => {
        "false"
    };
}

/// Publications that send a table: as it is, as part of a tree above it, or by a partition or child below it. Where one
/// names several of them, what any entry sends counts as sent.
pub(super) fn publications(table: Oid) -> Vec<Publication> {
    rows(
        concat!(
            "WITH RECURSIVE below (oid) AS (
                 SELECT $1
                 UNION
                 SELECT i.inhrelid FROM below AS b JOIN pg_inherits AS i ON i.inhparent = b.oid
             ), tree (oid) AS (
                 SELECT b.oid FROM below AS b
                 UNION
                 SELECT a.relid::oid FROM pg_partition_ancestors($1) AS a
             ), entries (publication, relation, columns) AS (
                 SELECT p.oid, $1, NULL::int2[] FROM pg_publication AS p WHERE p.puballtables
                 UNION ALL
                 SELECT r.prpubid, r.prrelid, r.prattrs::int2[]
                 FROM pg_publication_rel AS r JOIN tree AS t ON t.oid = r.prrelid
                 UNION ALL
                 SELECT n.pnpubid, c.oid, NULL
                 FROM pg_publication_namespace AS n
                 JOIN pg_class AS c ON c.relnamespace = n.pnnspid
                 JOIN tree AS t ON t.oid = c.oid
             )
             SELECT p.pubname::text, bool_or(e.columns IS NULL), p.pubupdate OR p.pubdelete, ",
            generated_is_sent!(),
            ",
                    array_to_json(coalesce(array_agg(DISTINCT a.attname::text) FILTER (WHERE a.attname IS NOT NULL), '{}'))::text,
                    EXISTS (SELECT FROM pg_replication_slots AS s
                            WHERE s.slot_type = 'logical' AND s.plugin = 'pgoutput' AND s.database = current_database()),
                    EXISTS (SELECT FROM below AS b JOIN pg_class AS c ON c.oid = b.oid
                            WHERE c.relkind = 'r' AND c.relreplident = 'd')
             FROM entries AS e
             JOIN pg_publication AS p ON p.oid = e.publication
             LEFT JOIN pg_attribute AS a ON a.attrelid = e.relation AND a.attnum = ANY (e.columns)
             GROUP BY p.oid ORDER BY p.pubname"
        ),
        &[table.into()],
        |row| {
            let sends_all = row.get::<bool>(2)?.unwrap_or(true);
            let columns = strings(row, 5)?;
            Ok(Publication {
                name: string(row, 1)?,
                columns: (!sends_all).then_some(columns),
                sends_changes: row.get::<bool>(3)?.unwrap_or(true),
                sends_generated: row.get::<bool>(4)?.unwrap_or(false),
                is_followed: row.get::<bool>(6)?.unwrap_or(false),
                by_primary_key: row.get::<bool>(7)?.unwrap_or(false),
            })
        },
    )
}

/// Standbys that are streaming. What only receives WAL, as pg_receivewal does, replays nothing, and who reads a logical
/// slot is a subscriber; the rest of a row is hidden from those who may not read statistics.
pub(super) fn standbys() -> Lookup<Vec<String>> {
    let connected = rows(
        "SELECT r.application_name, r.state IS NULL
         FROM pg_stat_replication AS r
         WHERE (r.state IS NULL OR (r.state = 'streaming' AND r.replay_lsn IS NOT NULL))
           AND NOT EXISTS (SELECT FROM pg_replication_slots AS s WHERE s.slot_type = 'logical' AND s.active_pid = r.pid)
         ORDER BY r.application_name",
        &[],
        |row| Ok((string(row, 1)?, row.get::<bool>(2)?.unwrap_or(true))),
    );
    if connected.iter().any(|(_, is_hidden)| *is_hidden) {
        return Lookup::NotChecked("Only roles with pg_read_all_stats see who receives WAL, and some do.".to_owned());
    }
    Lookup::Found(connected.into_iter().map(|(name, _)| name).collect())
}

/// Relations that a view reads.
pub(super) fn read_by_view(view: Oid) -> Vec<QualifiedName> {
    rows(
        "SELECT DISTINCT n.nspname::text, c.relname::text
         FROM pg_rewrite AS w
         JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
             AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> w.ev_class
         JOIN pg_class AS c ON c.oid = d.refobjid
         JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE w.ev_class = $1 AND c.relkind IN ('r', 'p', 'm', 'v', 'f') ORDER BY 1, 2",
        &[view.into()],
        |row| name(row, 1),
    )
}

/// Relations of a schema, without indexes and what belongs to tables.
pub(super) fn relations_of_schema(schema: &str) -> Vec<QualifiedName> {
    rows(
        "SELECT n.nspname::text, c.relname::text
         FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
         WHERE n.nspname::text = $1 AND c.relkind IN ('r', 'p', 'm', 'v', 'f', 'S') ORDER BY c.oid",
        &[Text::from(schema).into()],
        |row| name(row, 1),
    )
}

/// Whether a CHECK of a table reads a column.
pub(super) fn is_checked(table: Oid, column: &str) -> bool {
    let found = rows(
        "SELECT true FROM pg_constraint AS c JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
         WHERE c.conrelid = $1 AND c.contype = 'c' AND a.attname::text = $2 LIMIT 1",
        &[table.into(), Text::from(column).into()],
        |_| Ok(()),
    );
    !found.is_empty()
}

/// Sessions and prepared transactions that hold or await a lock on a relation, the strongest lock of each.
pub(super) fn holders(relation: Oid) -> Vec<Holder> {
    let found = rows(
        "SELECT l.pid, l.mode, l.granted,
                COALESCE(p.gid, concat_ws(' of ', NULLIF(a.application_name, ''), a.usename::text)), a.state,
                extract(epoch FROM clock_timestamp() - COALESCE(a.xact_start, p.prepared))::float8,
                extract(epoch FROM clock_timestamp() - a.query_start)::float8,
                a.backend_type IS NOT DISTINCT FROM 'autovacuum worker' AND a.query NOT LIKE '%(to prevent wraparound)'
         FROM pg_locks AS l
         LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid
         LEFT JOIN pg_prepared_xacts AS p ON l.pid IS NULL AND l.virtualtransaction = '-1/' || p.transaction
         WHERE l.locktype = 'relation' AND l.relation = $1
           AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())
           AND l.pid IS DISTINCT FROM pg_backend_pid()
         ORDER BY a.xact_start",
        &[relation.into()],
        |row| {
            let Some(lock) = lock_named(&string(row, 2)?) else { return Ok(None) };
            Ok(Some(Holder {
                pid: row.get::<i32>(1)?,
                lock,
                granted: row.get::<bool>(3)?.unwrap_or(false),
                name: string(row, 4)?,
                state: string(row, 5)?,
                transaction_age: row.get::<f64>(6)?,
                query_age: row.get::<f64>(7)?,
                gives_way: row.get::<bool>(8)?.unwrap_or(false),
            }))
        },
    );
    found.into_iter().flatten().collect()
}

/// A lock mode as pg_locks names it.
fn lock_named(mode: &str) -> Option<Lock> {
    (1..=8)
        .filter_map(Lock::of_mode)
        .find(|lock| mode.eq_ignore_ascii_case(&format!("{}Lock", lock.name().replace(' ', ""))))
}

/// Transactions of this database, other than this one, that are older than so many seconds and hold a snapshot: what
/// CONCURRENTLY waits for.
pub(super) fn old_transactions(seconds: f64) -> Vec<Holder> {
    rows(
        "SELECT a.pid, concat_ws(' of ', NULLIF(a.application_name, ''), a.usename::text), a.state,
                extract(epoch FROM clock_timestamp() - a.xact_start)::float8,
                extract(epoch FROM clock_timestamp() - a.query_start)::float8
         FROM pg_stat_activity AS a
         WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
           AND (a.backend_xmin IS NOT NULL OR a.backend_xid IS NOT NULL)
           AND a.xact_start < clock_timestamp() - make_interval(secs => $1)
           AND a.backend_type <> 'autovacuum worker'
         ORDER BY a.xact_start",
        &[seconds.into()],
        |row| {
            Ok(Holder {
                pid: row.get::<i32>(1)?,
                lock: Lock::AccessShare,
                granted: true,
                name: string(row, 2)?,
                state: string(row, 3)?,
                transaction_age: row.get::<f64>(4)?,
                query_age: row.get::<f64>(5)?,
                gives_way: false,
            })
        },
    )
}
