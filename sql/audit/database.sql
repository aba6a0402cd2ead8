-- This database, and how old its oldest transaction and multixact numbers are, in one row.
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
    -- Their TOAST tables count as they do.
    (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(o.nspname) || '.' || pg_catalog.quote_ident(o.relname), ', ' ORDER BY o.age DESC)
     FROM (
         SELECT n.nspname, c.relname, pg_catalog.age(c.relfrozenxid) AS age
         FROM pg_catalog.pg_class AS c
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'm', 't') AND c.relfrozenxid <> '0'::pg_catalog.xid
         ORDER BY pg_catalog.age(c.relfrozenxid) DESC, c.oid
         LIMIT 3
     ) AS o) AS oldest_tables,
    pg_catalog.mxid_age(d.datminmxid) AS multixact_age,
    pg_catalog.mxid_age(d.datminmxid)::pg_catalog.int8 * 100 / 2147483647 AS multixact_share,
    pg_catalog.current_setting('autovacuum_multixact_freeze_max_age')::pg_catalog.int8 AS multixact_age_limit,
    (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(o.nspname) || '.' || pg_catalog.quote_ident(o.relname), ', ' ORDER BY o.age DESC)
     FROM (
         SELECT n.nspname, c.relname, pg_catalog.mxid_age(c.relminmxid) AS age
         FROM pg_catalog.pg_class AS c
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.relkind IN ('r', 'm', 't') AND c.relminmxid <> '0'::pg_catalog.xid
         ORDER BY pg_catalog.mxid_age(c.relminmxid) DESC, c.oid
         LIMIT 3
     ) AS o) AS oldest_tables_by_multixact
FROM pg_catalog.pg_database AS d
WHERE d.datname = pg_catalog.current_database()
