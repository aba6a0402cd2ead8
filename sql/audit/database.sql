-- This database, how old its oldest transaction and multixact numbers are, and who comes in because everybody may: one row.
SELECT
    'pg_catalog.pg_database'::pg_catalog.regclass::pg_catalog.oid AS classid,
    d.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    'database ' || pg_catalog.quote_ident(d.datname) AS identity,
    pg_catalog.age(d.datfrozenxid)::pg_catalog.int8 AS weight,
    d.datname AS database_name,
    pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
    pg_catalog.age(d.datfrozenxid) AS age,
    pg_catalog.age(d.datfrozenxid)::pg_catalog.int8 * 100 / 2147483647 AS share,
    -- From here on autovacuum freezes whatever else is to be done.
    pg_catalog.current_setting('autovacuum_freeze_max_age')::pg_catalog.int8 AS age_limit,
    (SELECT pg_catalog.string_agg(o.identity, ', ' ORDER BY o.age DESC, o.oid)
     FROM (SELECT a.oid, a.identity, a.age FROM aged AS a ORDER BY a.age DESC, a.oid LIMIT 3) AS o) AS oldest_tables,
    pg_catalog.mxid_age(d.datminmxid) AS multixact_age,
    pg_catalog.mxid_age(d.datminmxid)::pg_catalog.int8 * 100 / 2147483647 AS multixact_share,
    pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::pg_catalog.int8 AS multixact_age_limit,
    (SELECT pg_catalog.string_agg(o.identity, ', ' ORDER BY o.multixact_age DESC, o.oid)
     FROM (SELECT a.oid, a.identity, a.multixact_age FROM aged AS a ORDER BY a.multixact_age DESC, a.oid LIMIT 3) AS o)
        AS oldest_tables_by_multixact,
    pg_catalog.has_database_privilege('public', d.oid, 'CONNECT') AS public_may_connect,
    pg_catalog.has_database_privilege('public', d.oid, 'TEMPORARY') AS public_may_make_temporary,
    s.strangers,
    s.stranger_names
FROM pg_catalog.pg_database AS d
CROSS JOIN LATERAL (
    -- Roles that log in, to which nothing here was granted and nothing belongs, nor to a role that they are members of. Who makes
    -- roles or databases, replicates or has one of the server's own roles has a task in every database.
    SELECT pg_catalog.count(*) AS strangers,
           pg_catalog.string_agg(pg_catalog.format('"%s"', r.rolname), ', ' ORDER BY r.rolname) FILTER (WHERE r.nr <= 5)
               || CASE WHEN pg_catalog.count(*) > 5 THEN pg_catalog.format(' and %s more', pg_catalog.count(*) - 5) ELSE '' END AS stranger_names
    FROM (
        SELECT l.rolname, pg_catalog.row_number() OVER (ORDER BY l.rolname) AS nr
        FROM pg_catalog.pg_roles AS l
        WHERE l.oid IN (SELECT p.login FROM app AS p)
          AND NOT l.rolcreaterole AND NOT l.rolcreatedb AND NOT l.rolreplication AND NOT l.rolbypassrls
          AND NOT EXISTS (
              SELECT FROM app AS p
              JOIN pg_catalog.pg_roles AS h ON h.oid = p.held
              WHERE p.login = l.oid
                AND (pg_catalog.left(h.rolname::pg_catalog.text, 3) = 'pg_'
                     OR h.oid IN (
                         SELECT x.refobjid
                         FROM pg_catalog.pg_shdepend AS x
                         WHERE x.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
                           -- In it, or on itself.
                           AND (x.dbid = d.oid
                                OR (x.dbid = 0 AND x.classid = 'pg_catalog.pg_database'::pg_catalog.regclass AND x.objid = d.oid)))
                     OR h.oid IN (SELECT v.setrole FROM pg_catalog.pg_db_role_setting AS v WHERE v.setdatabase = d.oid)))
    ) AS r
) AS s
WHERE d.datname = pg_catalog.current_database()
