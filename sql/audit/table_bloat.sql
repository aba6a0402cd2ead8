-- Tables and materialized views that take more than 500 MB, they or what is out of line in their TOAST tables, and how much of that is free. Extension
-- pgstattuple looks at the free space map, and reads what VACUUM has not been to since it changed.
WITH large AS (
    SELECT c.oid, t.oid AS table_oid, t.relname AS table_name, t.identity, c.relpages, c.relkind = 't' AS is_toast,
           -- Left free on purpose, for updates.
           100 - coalesce((SELECT o.option_value FROM pg_catalog.pg_options_to_table(c.reloptions) AS o
                           WHERE o.option_name = 'fillfactor')::pg_catalog.int4, 100) AS percent_for_updates
    FROM subject AS t
    JOIN pg_catalog.pg_class AS c ON c.oid IN (t.oid, t.reltoastrelid)
    JOIN pg_catalog.pg_am AS am ON am.oid = c.relam AND am.amname = 'heap'
    WHERE c.relpages > 524288000 / pg_catalog.current_setting('block_size')::pg_catalog.int8
      -- Empty on a standby, where nobody may look into it either.
      AND NOT (t.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())
),
allowed AS (
    SELECT l.*, f.function,
           coalesce(
               f.reason,
               CASE WHEN NOT (pg_catalog.has_table_privilege(l.table_oid, 'SELECT')
                              OR pg_catalog.pg_has_role('pg_stat_scan_tables', 'USAGE'))
                    THEN 'This role may not read it.' END) AS reason
    FROM large AS l
    JOIN pgstattuple AS f ON f.name = 'pgstattuple_approx'
),
-- As for indexes.
measured AS MATERIALIZED (
    SELECT a.*,
           CASE WHEN a.reason IS NULL THEN pg_catalog.query_to_xml(pg_catalog.format(
               'SELECT m.table_len AS bytes,
                       greatest(m.approx_free_space - m.table_len / 100 * %3$s, 0) AS free
                FROM (SELECT %1$s::pg_catalog.regclass AS oid
                        WHERE NOT EXISTS (
                            SELECT FROM pg_catalog.pg_locks AS l
                            WHERE l.relation = %1$s AND l.mode = ''AccessExclusiveLock'' AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid())
                        OFFSET 0) AS free
                CROSS JOIN LATERAL %2$s(free.oid) AS m', a.oid, a.function, a.percent_for_updates), true, true, '')::pg_catalog.text END AS figures
    FROM allowed AS a
),
judged AS (
    SELECT m.*,
           pg_catalog."substring"(m.figures, '<bytes>([0-9]+)<')::pg_catalog.int8 AS bytes,
           pg_catalog."substring"(m.figures, '<free>([0-9]+)<')::pg_catalog.int8 AS free_bytes,
           coalesce(m.reason, CASE WHEN pg_catalog.strpos(m.figures, '<bytes>') = 0 THEN 'Another session has locked it.' END) AS unknown
    FROM measured AS m
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    j.table_oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    j.identity,
    coalesce(j.free_bytes, j.relpages) AS weight,
    j.table_name,
    j.is_toast,
    j.bytes,
    j.free_bytes,
    j.unknown,
    -- Once for all of which nothing can be said for the same reason: on the first of them.
    pg_catalog.row_number() OVER (PARTITION BY j.unknown ORDER BY j.identity, j.is_toast) AS place,
    pg_catalog.count(*) OVER (PARTITION BY j.unknown) AS alike
FROM judged AS j
