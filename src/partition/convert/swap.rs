//! The swap: the old table gets another name and becomes the first partition of a new one that has all that it had.

use super::super::apply::{self, Caller, How};
use super::super::inspect;
use super::super::key::ReplicaIdentity;
use super::super::plan::{Method, literal};
use super::super::range;
use super::CONSTRAINT;
use super::plain::Plain;
use crate::error::{Code, Error};
use crate::facts::live::object::quote;
use crate::spi;
use crate::text::Text;
use pgrx::prelude::*;

/// One of the steps, in SQL.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) item: &'static str,
    pub(super) sql: String,
}

/// A counter that goes with its column.
struct Identity {
    column: String,
    /// Qualified and quoted.
    sequence: String,
    /// What is inside the parentheses, but for the name.
    options: String,
    generated: String,
    cache: i64,
    grants: Vec<String>,
}

/// An index of the old table, and the name that makes room for the new one's.
struct Index {
    oid: pg_sys::Oid,
    /// Quoted.
    name: String,
    free: String,
}

/// All that is to be done, read from the catalog before anything is.
pub(super) struct Swap<'a> {
    plain: &'a Plain,
    /// Name of the old table to be, quoted, alone and qualified.
    legacy: (String, String),
    indexes: Vec<Index>,
    identities: Vec<Identity>,
    /// What the new table takes over, as statements.
    properties: Vec<String>,
    publications: Vec<String>,
    acl_is_given: bool,
    replica_identity_index: Option<String>,
}

fn statement(item: &'static str, sql: impl Into<String>) -> Statement {
    Statement { item, sql: sql.into() }
}

fn texts(sql: &str, table: pg_sys::Oid, identity: &str) -> Result<Vec<String>, Error> {
    spi::select(sql, &[table.into(), Text::from(identity).into()], |row| {
        Ok(row.get::<Text>(1)?.map(|t| t.0).unwrap_or_default())
    })
}

impl<'a> Swap<'a> {
    pub(super) fn of(plain: &'a Plain) -> Result<Self, Error> {
        let (table, parent) = (plain.at.oid, &plain.at.facts.parent);
        let name = free_name(plain, &parent.name)?;
        let legacy = (name.clone(), format!("{}.{name}", plain.at.facts.schema_quoted));
        let names = spi::select(
            "SELECT x.indexrelid, c.relname::text, quote_ident(c.relname)
               FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE x.indrelid = $1 ORDER BY c.relname",
            &[table.into()],
            |row| {
                let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
                Ok((row.get::<pg_sys::Oid>(1)?.unwrap_or(pg_sys::InvalidOid), text(2)?, text(3)?))
            },
        )?;
        let mut indexes = Vec::new();
        for (oid, name, quoted) in names {
            indexes.push(Index { oid, free: free_name(plain, &name)?, name: quoted });
        }
        let acl = spi::select("SELECT relacl IS NOT NULL FROM pg_class WHERE oid = $1", &[table.into()], |row| {
            Ok(row.get::<bool>(1)?.unwrap_or_default())
        })?;
        let replica = texts(
            "SELECT quote_ident(c.relname) FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid WHERE x.indrelid = $1 AND x.indisreplident AND $2 <> ''",
            table,
            &parent.identity,
        )?;
        Ok(Self {
            plain,
            properties: texts(PROPERTIES, table, &parent.identity)?,
            publications: texts(PUBLICATIONS, table, &parent.identity)?,
            identities: identities(table)?,
            indexes,
            legacy,
            acl_is_given: acl.first().copied().unwrap_or_default(),
            replica_identity_index: replica.into_iter().next(),
        })
    }

    /// Qualified and quoted.
    pub(super) fn legacy(&self) -> &str {
        &self.legacy.1
    }

    fn table(&self) -> &str {
        &self.plain.at.facts.parent.identity
    }

    /// Nobody counts on while the counters change hands.
    fn held(&self) -> Vec<Statement> {
        self.identities
            .iter()
            .map(|i| statement("identity", format!("ALTER SEQUENCE {} CACHE {}", i.sequence, i.cache)))
            .collect()
    }

    /// The old table makes room, and the new one is made.
    fn made(&self) -> Vec<Statement> {
        let (table, facts) = (self.table(), &self.plain.at.facts);
        let (name, legacy) = &self.legacy;
        let mut all = Vec::new();
        for i in &self.identities {
            all.push(statement("identity", format!("ALTER TABLE {table} ALTER COLUMN {} DROP IDENTITY", i.column)));
        }
        all.push(statement("rename", format!("ALTER TABLE {table} RENAME TO {name}")));
        for Index { name, free, .. } in &self.indexes {
            all.push(statement("rename", format!("ALTER INDEX {}.{name} RENAME TO {free}", facts.schema_quoted)));
        }
        let tablespace = facts.tablespace.as_ref().map_or_else(String::new, |name| format!(" TABLESPACE {name}"));
        all.push(statement(
            "create",
            format!(
                "CREATE TABLE {table} (LIKE {legacy} INCLUDING ALL EXCLUDING IDENTITY) PARTITION BY RANGE ({}){tablespace}",
                self.plain.at.key.column
            ),
        ));
        all.push(statement("create", format!("ALTER TABLE {table} DROP CONSTRAINT {CONSTRAINT}")));
        let mut changes = Vec::new();
        if !facts.owner_is_caller {
            changes.push(format!("OWNER TO {}", facts.owner));
        }
        match facts.replica_identity {
            ReplicaIdentity::Full => changes.push("REPLICA IDENTITY FULL".to_owned()),
            ReplicaIdentity::Nothing => changes.push("REPLICA IDENTITY NOTHING".to_owned()),
            ReplicaIdentity::Default | ReplicaIdentity::Index => {}
        }
        if !changes.is_empty() {
            all.push(statement("create", format!("ALTER TABLE {table} {}", changes.join(", "))));
        }
        all
    }

    /// What the new table takes over, and the old one as its first partition. `counters`: where each identity is.
    fn handed_over(&self, counters: &[(i64, bool)]) -> Vec<Statement> {
        let (table, legacy) = (self.table(), &self.legacy.1);
        let mut all = Vec::new();
        for (n, i) in self.identities.iter().enumerate() {
            all.push(statement(
                "identity",
                format!(
                    "ALTER TABLE {table} ALTER COLUMN {} ADD GENERATED {} AS IDENTITY (SEQUENCE NAME {} {})",
                    i.column, i.generated, i.sequence, i.options
                ),
            ));
            let (value, is_called) =
                counters.get(n).map_or(("...".to_owned(), true), |(value, called)| (value.to_string(), *called));
            all.push(statement("identity", format!("SELECT setval({}, {value}, {is_called})", literal(&i.sequence))));
            all.extend(i.grants.iter().map(|sql| statement("identity", sql)));
        }
        all.extend(self.properties.iter().map(|sql| statement("properties", sql)));
        all.push(statement(
            "attach",
            format!(
                "ALTER TABLE {table} ATTACH PARTITION {legacy} FOR VALUES FROM (MINVALUE) TO ({})",
                literal(self.plain.cutoff())
            ),
        ));
        all.push(statement("attach", format!("ALTER TABLE {legacy} DROP CONSTRAINT {CONSTRAINT}")));
        all.extend(self.publications.iter().map(|sql| statement("publication", sql.replace(LEGACY, legacy))));
        all
    }

    /// Indexes and constraints of the new table get the names that clients know, by what has become of the old one's.
    fn names(&self) -> Result<Vec<Statement>, Error> {
        let mut all = Vec::new();
        for index in &self.indexes {
            let rows = spi::select(
                "SELECT format('%I.%I', n.nspname, c.relname), quote_ident(c.relname)
                   FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE i.inhrelid = $1",
                &[index.oid.into()],
                |row| {
                    let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
                    Ok((text(1)?, text(2)?))
                },
            )?;
            let Some((identity, name)) = rows.into_iter().next() else {
                return Err(Error::new(
                    Code::Internal,
                    format!("index {} found no place in the new table", index.name),
                ));
            };
            if name != index.name {
                all.push(statement("rename", format!("ALTER INDEX {identity} RENAME TO {}", index.name)));
            }
        }
        Ok(all)
    }

    fn replica_identity(&self) -> Option<Statement> {
        let index = self.replica_identity_index.as_ref()?;
        Some(statement("properties", format!("ALTER TABLE {} REPLICA IDENTITY USING INDEX {index}", self.table())))
    }

    /// What will be done, as far as it is known before.
    pub(super) fn planned(&self) -> Vec<Statement> {
        let lock = statement("lock", format!("LOCK TABLE ONLY {} IN ACCESS EXCLUSIVE MODE", self.table()));
        let mut all = vec![lock];
        all.extend(self.held());
        all.extend(self.made());
        all.extend(self.handed_over(&[]));
        all.extend(self.replica_identity());
        all
    }

    /// Does it. The table is locked in ACCESS EXCLUSIVE. Returns the new table.
    pub(super) fn run(&self, caller: &Caller) -> Result<pg_sys::Oid, Error> {
        let run = |all: &[Statement]| all.iter().try_for_each(|statement| spi::run(&statement.sql));
        run(&self.held())?;
        let mut counters = Vec::new();
        for i in &self.identities {
            let rows = spi::select(&format!("SELECT last_value, is_called FROM {}", i.sequence), &[], |row| {
                Ok((row.get::<i64>(1)?.unwrap_or_default(), row.get::<bool>(2)?.unwrap_or_default()))
            })?;
            counters.extend(rows);
        }
        run(&self.made())?;
        let new = relation(self.table())?;
        // What default privileges gave it, the old one need not have.
        for grantee in texts(GIVEN, new, if self.acl_is_given { "all" } else { "" })? {
            spi::run(&format!("REVOKE ALL ON {} FROM {grantee}", self.table()))?;
        }
        run(&self.handed_over(&counters))?;
        let indexes = count_indexes(relation(&self.legacy.1)?)?;
        if indexes != self.indexes.len() {
            return Err(Error::new(Code::Internal, "an index was built for the partition"));
        }
        run(&self.names()?)?;
        run(&self.replica_identity().into_iter().collect::<Vec<_>>())?;
        self.make_future(new, caller)?;
        Ok(new)
    }

    /// The partitions behind the old table, and like it. Nothing else is there yet that they could meet.
    fn make_future(&self, new: pg_sys::Oid, caller: &Caller) -> Result<(), Error> {
        let at = range::look_in(new, None, Some(&self.plain.at.zone), caller)?;
        let how = How { method: Some(Method::PartitionOf), moves_rows: false };
        for wanted in &self.plain.future {
            let child = apply::prepare(&at, wanted, at.siblings.first(), how)?;
            apply::create(&at, &child)?;
        }
        Ok(())
    }
}

fn relation(identity: &str) -> Result<pg_sys::Oid, Error> {
    let rows =
        spi::select("SELECT $1::regclass::oid", &[Text::from(identity).into()], |row| Ok(row.get::<pg_sys::Oid>(1)?))?;
    rows.into_iter().flatten().next().ok_or_else(|| Error::new(Code::Internal, "no answer about a relation"))
}

fn count_indexes(table: pg_sys::Oid) -> Result<usize, Error> {
    let rows = spi::select("SELECT count(*) FROM pg_index WHERE indrelid = $1", &[table.into()], |row| {
        Ok(row.get::<i64>(1)?.unwrap_or_default())
    })?;
    Ok(rows.first().and_then(|n| usize::try_from(*n).ok()).unwrap_or_default())
}

/// The first name that nothing has, quoted: with `_legacy` behind it, and a number where that is taken.
fn free_name(plain: &Plain, name: &str) -> Result<String, Error> {
    let facts = &plain.at.facts;
    for n in 1..1000 {
        let suffix = if n == 1 { "_legacy".to_owned() } else { format!("_legacy{n}") };
        let name = apply::name(&facts.schema, name, &suffix);
        if inspect::place(facts.schema_oid, &facts.schema_quoted, &name)?.occupant.is_none() {
            return Ok(quote(&name));
        }
    }
    Err(Error::new(Code::DuplicateTable, format!("no name is free for the old table of \"{}\"", facts.parent.name)))
}

fn identities(table: pg_sys::Oid) -> Result<Vec<Identity>, Error> {
    let found = spi::select(
        "SELECT quote_ident(a.attname), format('%I.%I', n.nspname, s.relname),
                format('START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s %s', q.seqstart, q.seqincrement, q.seqmin, q.seqmax,
                       q.seqcache, CASE WHEN q.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END),
                CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, q.seqcache,
                (SELECT string_agg(g.sql, ';' ORDER BY g.sql) FROM (
                     SELECT format('GRANT %s ON SEQUENCE %I.%I TO %s%s', string_agg(x.privilege_type, ', '), n.nspname, s.relname,
                                   CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
                                   CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
                       FROM aclexplode(s.relacl) x WHERE x.grantee <> s.relowner GROUP BY x.grantee, x.is_grantable) g (sql))
           FROM pg_attribute a
           JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum
                           AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
           JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
           JOIN pg_namespace n ON n.oid = s.relnamespace
           JOIN pg_sequence q ON q.seqrelid = s.oid
          WHERE a.attrelid = $1 AND a.attidentity <> '' AND NOT a.attisdropped
          ORDER BY a.attnum",
        &[table.into()],
        |row| {
            let text = |n| -> Result<String, Error> { Ok(row.get::<Text>(n)?.map(|t| t.0).unwrap_or_default()) };
            let grants = text(6)?;
            Ok(Identity {
                column: text(1)?,
                sequence: text(2)?,
                options: text(3)?,
                generated: text(4)?,
                cache: row.get::<i64>(5)?.unwrap_or(1),
                grants: grants.split(';').filter(|sql| !sql.is_empty()).map(ToOwned::to_owned).collect(),
            })
        },
    )?;
    Ok(found)
}

/// Stands for the old table, whose name is known later.
const LEGACY: &str = "\u{1}";

/// $1: the new table; $2: not empty where its owner's own rights are to be given anew, too.
const GIVEN: &str = "
SELECT DISTINCT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END
  FROM pg_class c CROSS JOIN LATERAL aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
 WHERE c.oid = $1 AND (x.grantee <> c.relowner OR $2 <> '')";

/// Statements that give the table named $2 what table $1 has and LIKE leaves out. Read before anything is renamed: they name it as it
/// is called then.
const PROPERTIES: &str = "
SELECT s.sql FROM (
SELECT 1, 0::int8, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', $2) FROM pg_class WHERE oid = $1 AND relrowsecurity
UNION ALL
SELECT 1, 1, format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', $2) FROM pg_class WHERE oid = $1 AND relforcerowsecurity
UNION ALL
SELECT 2, a.attnum, format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', $2, a.attname, a.attstattarget)
  FROM pg_attribute a WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped AND a.attstattarget >= 0
UNION ALL
SELECT 2, a.attnum, format('ALTER TABLE %s ALTER COLUMN %I SET (%s)', $2, a.attname, string_agg(o.option, ', ' ORDER BY o.n))
  FROM pg_attribute a CROSS JOIN unnest(a.attoptions) WITH ORDINALITY AS o (option, n)
 -- pg_attver is the server's own.
 WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped AND left(o.option, 3) <> 'pg_' GROUP BY a.attnum, a.attname
UNION ALL
SELECT 3, a.attnum, format('ALTER SEQUENCE %I.%I OWNED BY %s.%I', n.nspname, s.relname, $2, a.attname)
  FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_namespace n ON n.oid = s.relnamespace
  JOIN pg_attribute a ON a.attrelid = $1 AND a.attnum = d.refobjsubid
 WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND d.deptype = 'a'
UNION ALL
SELECT 4, min(x.n), format('GRANT %s ON %s TO %s%s', string_agg(x.privilege_type, ', ' ORDER BY x.n), $2,
              CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
              CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) WITH ORDINALITY AS x (grantor, grantee, privilege_type, is_grantable, n)
 WHERE c.oid = $1 GROUP BY x.grantee, x.is_grantable
UNION ALL
SELECT 5, a.attnum * 1000 + min(x.n), format('GRANT %s ON %s TO %s%s', string_agg(format('%s (%I)', x.privilege_type, a.attname), ', ' ORDER BY x.n), $2,
              CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
              CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)
  FROM pg_attribute a CROSS JOIN LATERAL aclexplode(a.attacl) WITH ORDINALITY AS x (grantor, grantee, privilege_type, is_grantable, n)
 WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped GROUP BY a.attnum, a.attname, x.grantee, x.is_grantable
UNION ALL
SELECT 6, 0, format('COMMENT ON TABLE %s IS %L', $2, obj_description($1, 'pg_class')) WHERE obj_description($1, 'pg_class') IS NOT NULL
UNION ALL
SELECT 7, p.oid::int8, format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.polname, $2,
              CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
              CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
              (SELECT string_agg(CASE WHEN r.oid = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.oid)) END, ', ' ORDER BY r.n)
                 FROM unnest(p.polroles) WITH ORDINALITY AS r (oid, n)),
              ' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
  FROM pg_policy p WHERE p.polrelid = $1
UNION ALL
SELECT 8, p.oid::int8, format('COMMENT ON POLICY %I ON %s IS %L', p.polname, $2, obj_description(p.oid, 'pg_policy'))
  FROM pg_policy p WHERE p.polrelid = $1 AND obj_description(p.oid, 'pg_policy') IS NOT NULL
UNION ALL
SELECT 9, k.oid::int8, format('ALTER TABLE %s ADD CONSTRAINT %I %s', $2, k.conname, pg_get_constraintdef(k.oid))
  FROM pg_constraint k WHERE k.conrelid = $1 AND k.contype = 'f'
UNION ALL
SELECT 10, k.oid::int8, format('COMMENT ON CONSTRAINT %I ON %s IS %L', k.conname, $2, obj_description(k.oid, 'pg_constraint'))
  FROM pg_constraint k WHERE k.conrelid = $1 AND k.contype = 'f' AND obj_description(k.oid, 'pg_constraint') IS NOT NULL
) AS s (n, m, sql) ORDER BY s.n, s.m, s.sql";

/// Statements that put the table named $2 in the place of table $1, in publications that name it and publish by the root.
const PUBLICATIONS: &str = "
SELECT s.sql FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid
 CROSS JOIN LATERAL (VALUES
     (1, format(E'ALTER PUBLICATION %I DROP TABLE ONLY \\u0001', p.pubname)),
     (2, format('ALTER PUBLICATION %I ADD TABLE %s%s%s', p.pubname, $2,
                ' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
                          WHERE a.attrelid = $1 AND a.attnum = ANY (r.prattrs::int2[])) || ')',
                ' WHERE (' || pg_get_expr(r.prqual, r.prrelid) || ')'))) AS s (n, sql)
 WHERE r.prrelid = $1 ORDER BY p.pubname, s.n";
