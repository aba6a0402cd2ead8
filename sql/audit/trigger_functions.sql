-- Functions of users that triggers run: of which tables, and what is counted of them. Of partitioned tables the trigger is one.
WITH fired AS MATERIALIZED (
    SELECT o.tgfoid, pg_catalog.max(o.nr) AS tables,
           pg_catalog.string_agg(pg_catalog.format('"%s"', o.relname), ', ' ORDER BY o.nr) FILTER (WHERE o.nr <= 3)
               || CASE WHEN pg_catalog.max(o.nr) > 3 THEN pg_catalog.format(' and %s more', pg_catalog.max(o.nr) - 3) ELSE '' END AS table_names
    FROM (
        SELECT g.tgfoid, c.relname, pg_catalog.row_number() OVER (PARTITION BY g.tgfoid ORDER BY c.relname, c.oid) AS nr
        FROM pg_catalog.pg_trigger AS g
        JOIN pg_catalog.pg_class AS c ON c.oid = g.tgrelid
        WHERE NOT g.tgisinternal AND g.tgparentid = 0::pg_catalog.oid AND g.tgenabled <> 'D' AND c.relpersistence <> 't'
        GROUP BY g.tgfoid, c.oid, c.relname
    ) AS o
    GROUP BY o.tgfoid
)
SELECT
    'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid AS classid,
    f.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    pg_catalog.format('%I.%I()', n.nspname, f.proname) AS identity,
    coalesce(u.calls, 0)::pg_catalog.int8 AS weight,
    f.proname AS function_name,
    x.tables,
    x.table_names,
    coalesce(u.calls, 0) AS calls,
    -- Milliseconds, with what it calls.
    coalesce(u.total_time, 0) AS total_time,
    -- Of all statements of clients; both are counted since the same moment.
    w.active_time
FROM fired AS x
JOIN pg_catalog.pg_proc AS f ON f.oid = x.tgfoid
JOIN user_schema AS n ON n.oid = f.pronamespace
JOIN pg_catalog.pg_stat_database AS w ON w.datname = pg_catalog.current_database()
LEFT JOIN pg_catalog.pg_stat_user_functions AS u ON u.funcid = f.oid
WHERE NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = f.oid AND d.deptype = 'e')
