-- What every source of the audit begins with. $1: OIDs of the schemas to judge, NULL for all. $2: the one table to judge, NULL for all.
-- No function here or in the sources takes a lock that could wait; literals hold no backslash, for standard_conforming_strings may be off.

-- Schemas that are judged: not the system's, not pg_warden's.
user_schema AS (
    SELECT n.oid, n.nspname, pg_catalog.quote_ident(n.nspname) AS quoted
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname <> 'information_schema'
      AND n.nspname NOT IN ('warden', 'warden_internal')
      AND pg_catalog.left(n.nspname::pg_catalog.text, 3) <> 'pg_'
      AND ($1::pg_catalog.oid[] IS NULL OR n.oid = ANY ($1::pg_catalog.oid[]))
),

-- Relations that belong to extensions, found from these on: they are few, and looking for the owner of each table takes longer.
extension_relation AS (
    SELECT d.classid, d.objid AS oid
    FROM pg_catalog.pg_depend AS d
    WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
      AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0 AND d.deptype = 'e'
),

-- Tables and materialized views of users: not temporary, not an extension's.
subject AS (
    SELECT c.oid, n.oid AS schema_oid, c.relname, c.relkind, c.relpersistence, c.relreplident, c.relispartition,
           n.quoted AS schema_quoted,
           n.quoted || '.' || pg_catalog.quote_ident(c.relname) AS identity,
           c.reltuples, c.relpages, c.relowner, c.reltoastrelid, c.reloptions,
           -- What is false is so: they tell what need not be looked for.
           c.relhassubclass, c.relhasrules, c.relrowsecurity
    FROM pg_catalog.pg_class AS c
    JOIN user_schema AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm')
      AND c.relpersistence <> 't'
      AND ($2::pg_catalog.oid IS NULL OR c.oid = $2::pg_catalog.oid)
      -- With the catalog that it is in, though that is always the same: of two columns the server knows that they take longer to
      -- look up than the kind, and looks at that first.
      AND (c.tableoid, c.oid) NOT IN (SELECT x.classid, x.oid FROM extension_relation AS x)
),

-- Partitioned tables and indexes with all that is below them, and with themselves.
tree AS (
    (SELECT p.partrelid AS root, p.partrelid AS member
     FROM pg_catalog.pg_partitioned_table AS p
     UNION ALL
     SELECT x.indexrelid, x.indexrelid
     FROM pg_catalog.pg_partitioned_table AS p
     JOIN pg_catalog.pg_index AS x ON x.indrelid = p.partrelid)
    UNION ALL
    SELECT t.root, i.inhrelid
    FROM tree AS t
    JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.member
),

-- The pages of partitioned tables and indexes, as the last VACUUM, ANALYZE or CREATE INDEX counted them. The root has
-- none, and -1 of them after ANALYZE.
tree_pages AS (
    SELECT t.root, pg_catalog.sum(greatest(c.relpages, 0))::pg_catalog.int8 AS pages
    FROM tree AS t
    JOIN pg_catalog.pg_class AS c ON c.oid = t.member
    GROUP BY t.root
),

-- What holds for every row. Here, and not where it is needed: a source whose columns call volatile functions has all of them computed
-- of every row, found or not.
server AS (
    SELECT pg_catalog.pg_is_in_recovery() AS is_standby, since.time AS statistics_since,
           -- Of at least 30 days, in which the table was used here if anywhere.
           NOT pg_catalog.pg_is_in_recovery() AND since.time < pg_catalog.now() - '30 days'::pg_catalog.interval
               AS statistics_are_old
    FROM (
        SELECT greatest(
            pg_catalog.pg_postmaster_start_time(),
            -- Set anew by a restart after a crash, which loses the counts.
            pg_catalog.pg_stat_get_bgwriter_stat_reset_time(),
            pg_catalog.pg_stat_get_db_stat_reset_time((
                SELECT d.oid FROM pg_catalog.pg_database AS d
                WHERE d.datname = pg_catalog.current_database()))) AS time
    ) AS since
),

-- Relations that others hold so that asking for their size would wait; a prepared transaction has no process.
held AS (
    SELECT DISTINCT l.relation
    FROM pg_catalog.pg_locks AS l
    WHERE l.relation IS NOT NULL AND l.mode = 'AccessExclusiveLock' AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
),

-- Tables with their pages and rows, partitioned ones with those of their partitions. Here, and not where it is needed: a source that begins
-- with a WITH of its own has all its columns computed of every row, found or not.
counted AS (
    SELECT m.root AS oid, pg_catalog.sum(m.relpages)::pg_catalog.int8 AS pages,
           -- Tables that were never counted: about as many rows as narrow ones need that space. Asking for a size would wait
           -- behind whoever locks the table.
           pg_catalog.sum(CASE
               WHEN m.relkind = 'p' THEN 0
               WHEN m.reltuples >= 0 OR pg_catalog.pg_stat_get_live_tuples(m.oid) > 0
               THEN greatest(m.reltuples, pg_catalog.pg_stat_get_live_tuples(m.oid))
               WHEN m.oid NOT IN (SELECT held.relation FROM held)
               THEN pg_catalog.pg_relation_size(m.oid) / 50 END) AS rows
    FROM (
        SELECT t.oid AS root, t.oid, t.relkind, t.relpages, t.reltuples FROM subject AS t WHERE t.relkind = 'r'
        UNION ALL
        -- ANALYZE gives the parent of all -1 page.
        SELECT tree.root, c.oid, c.relkind, greatest(c.relpages, 0), c.reltuples
        FROM subject AS t
        JOIN tree ON tree.root = t.oid
        JOIN pg_catalog.pg_class AS c ON c.oid = tree.member
    ) AS m
    GROUP BY m.root
),

-- What looks into relations that are large: functions of extension pgstattuple, in whichever schema it is, or why they cannot be called.
pgstattuple AS MATERIALIZED (
    SELECT f.name, e.function,
           CASE WHEN e.function IS NULL THEN 'Only extension pgstattuple, from version 1.5 on, can tell: CREATE EXTENSION pgstattuple;'
                WHEN NOT e.is_granted THEN 'This role may not call functions of extension pgstattuple: GRANT pg_stat_scan_tables TO '
                                           || pg_catalog.quote_ident(CURRENT_USER) || ';' END AS reason
    FROM (VALUES ('pgstatindex'), ('pgstattuple_approx')) AS f (name)
    LEFT JOIN (
        SELECT p.proname, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(p.proname) AS function,
               pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE') AS is_granted
        FROM pg_catalog.pg_extension AS x
        JOIN pg_catalog.pg_depend AS d
          ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = x.oid
         AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.deptype = 'e'
        JOIN pg_catalog.pg_proc AS p ON p.oid = d.objid AND p.proargtypes[0] = 'pg_catalog.regclass'::pg_catalog.regtype
        JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
        WHERE x.extname = 'pgstattuple'
    ) AS e ON e.proname = f.name
),

-- Collations by which indexes or partitions are in order, and whose version is not the recorded one any more. The database's own is one.
changed_collation AS MATERIALIZED (
    SELECT v.oid, v.name, v.recorded, v.actual, v.refresh
    FROM (
        SELECT l.oid, 'collation ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(l.collname) AS name,
               l.collversion AS recorded, pg_catalog.pg_collation_actual_version(l.oid) AS actual,
               'ALTER COLLATION ' || pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(l.collname)
               || ' REFRESH VERSION;' AS refresh
        FROM pg_catalog.pg_collation AS l
        JOIN pg_catalog.pg_namespace AS n ON n.oid = l.collnamespace
        WHERE l.collversion IS NOT NULL
          -- In use: to ask for the versions of all that there are takes long.
          AND l.oid IN (
              SELECT u.oid
              FROM pg_catalog.pg_index AS x
              CROSS JOIN LATERAL pg_catalog.unnest(x.indcollation::pg_catalog.oid[]) AS u (oid)
              WHERE 0 <> ANY (x.indcollation::pg_catalog.oid[])
              UNION ALL
              SELECT u.oid
              FROM pg_catalog.pg_partitioned_table AS p
              CROSS JOIN LATERAL pg_catalog.unnest(p.partcollation::pg_catalog.oid[]) AS u (oid))
        UNION ALL
        SELECT l.oid, 'the database''s collation', d.datcollversion, pg_catalog.pg_database_collation_actual_version(d.oid),
               'ALTER DATABASE ' || pg_catalog.quote_ident(d.datname) || ' REFRESH COLLATION VERSION;'
        FROM pg_catalog.pg_database AS d
        JOIN pg_catalog.pg_collation AS l ON l.collprovider = 'd'
        WHERE d.datname = pg_catalog.current_database() AND d.datcollversion IS NOT NULL
    ) AS v
    WHERE v.recorded <> v.actual
),

-- What has transaction numbers of its own, and how old they are. TOAST tables count as their tables do.
aged AS (
    SELECT c.oid, pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS identity,
           pg_catalog.age(c.relfrozenxid) AS age, pg_catalog.mxid_age(c.relminmxid) AS multixact_age
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm', 't') AND c.relfrozenxid <> '0'::pg_catalog.xid
),

-- Who is a member of whom, so that it has the rights of that role or can take them.
membership AS MATERIALIZED (
    SELECT m.member, m.roleid
    FROM pg_catalog.pg_auth_members AS m
    -- From 16 on a role may be a member to administer alone.
    WHERE coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::pg_catalog.bool, true)
       OR coalesce((pg_catalog.to_jsonb(m) ->> 'set_option')::pg_catalog.bool, true)
    UNION ALL
    SELECT d.datdba, o.oid
    FROM pg_catalog.pg_database AS d
    JOIN pg_catalog.pg_roles AS o ON o.rolname = 'pg_database_owner'
    WHERE d.datname = pg_catalog.current_database()
),

-- Roles that log in and are no superusers, with every role whose rights they have or can take.
reach AS (
    SELECT r.oid AS login, r.oid AS held
    FROM pg_catalog.pg_roles AS r
    WHERE r.rolcanlogin AND NOT r.rolsuper
    UNION
    SELECT e.login, m.roleid
    FROM reach AS e
    JOIN membership AS m ON m.member = e.held
),

-- The same without those that can become superusers. All of them hold what PUBLIC (0) has; PUBLIC stands for roles to come, too.
app AS MATERIALIZED (
    SELECT e.login, h.held, l.rolbypassrls OR coalesce(r.rolbypassrls, false) AS bypasses
    FROM (
        SELECT x.login
        FROM reach AS x
        JOIN pg_catalog.pg_roles AS p ON p.oid = x.held
        GROUP BY x.login
        HAVING NOT pg_catalog.bool_or(p.rolsuper)
    ) AS e
    JOIN pg_catalog.pg_roles AS l ON l.oid = e.login
    JOIN (SELECT x.login, x.held FROM reach AS x UNION ALL SELECT DISTINCT x.login, 0::pg_catalog.oid FROM reach AS x) AS h
      ON h.login = e.login
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = h.held
    UNION ALL
    SELECT 0::pg_catalog.oid, 0::pg_catalog.oid, false
),

-- Rights on relations.
granted AS MATERIALIZED (
    SELECT c.oid, c.relowner AS owner, a.grantee, a.privilege_type
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
    WHERE c.relacl IS NOT NULL AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
),

-- Owners of relations, and whom they granted rights, where that lets in somebody who cannot be the owner as well. Who is bound is held
-- to policies.
grantee AS MATERIALIZED (
    SELECT g.owner, g.oid, pg_catalog.bool_or(NOT p.bypasses) AS is_bound
    FROM (SELECT DISTINCT x.owner, x.grantee AS oid FROM granted AS x) AS g
    JOIN app AS p ON p.held = g.oid
    WHERE NOT EXISTS (SELECT FROM app AS o WHERE o.login = p.login AND o.held = g.owner)
    GROUP BY g.owner, g.oid
)
