-- Columns of large tables that have a foreign key and may be NULL, and whether they are by what ANALYZE knows. Not those that an action of a foreign key sets
-- to NULL, nor those of tables that refer to each other, of which one has to come without its value first.
WITH nullable AS (
    SELECT t.oid, t.identity, t.relname AS table_name, n.nspname, t.relpages, t.reltuples::pg_catalog.float8 AS rows, a.attname, a.attnum,
           pg_catalog.has_column_privilege(t.oid, a.attnum, 'SELECT') AND NOT pg_catalog.row_security_active(t.oid) AS is_readable,
           -- As many rows changed as make statistics stale.
           greatest(pg_catalog.pg_stat_get_last_analyze_time(t.oid), pg_catalog.pg_stat_get_last_autoanalyze_time(t.oid)) AS analyzed,
           pg_catalog.pg_stat_get_mod_since_analyze(t.oid) <= t.reltuples / 5 AS is_fresh
    FROM subject AS t
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.schema_oid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attnotnull
    JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid AND NOT y.typnotnull
    WHERE t.relkind = 'r' AND NOT t.relispartition AND t.reltuples >= 10000
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE t.oid IN (i.inhrelid, i.inhparent))
      AND (
          SELECT pg_catalog.bool_and(
                     k.confdeltype <> 'n' AND k.confupdtype <> 'n'
                     AND NOT EXISTS (
                         SELECT FROM pg_catalog.pg_constraint AS b
                         WHERE b.contype = 'f' AND b.conrelid = k.confrelid AND b.confrelid = t.oid))
          FROM pg_catalog.pg_constraint AS k
          WHERE k.conrelid = t.oid AND k.contype = 'f' AND k.conkey @> ARRAY[a.attnum])
      -- A CHECK that forbids NULL does the same.
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_constraint AS k
          WHERE k.conrelid = t.oid AND k.contype = 'c' AND k.conkey @> ARRAY[a.attnum]
            AND pg_catalog.strpos(k.conbin::pg_catalog.text, ':nulltesttype 1 ') > 0)
),
judged AS (
    SELECT c.*, v.null_frac,
           CASE WHEN NOT c.is_readable THEN 'This role may not read statistics of it.'
                WHEN (c.is_fresh AND c.analyzed IS NOT NULL) IS NOT TRUE
                THEN 'What ANALYZE knows of it is old, or the server forgot how old: run ANALYZE first.' END AS reason
    FROM nullable AS c
    LEFT JOIN LATERAL (
        SELECT s.null_frac
        FROM pg_catalog.pg_stats AS s
        WHERE s.schemaname = c.nspname AND s.tablename = c.table_name AND s.attname = c.attname AND NOT s.inherited
        LIMIT 1
    ) AS v ON c.is_readable
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    j.oid AS objid,
    j.attnum::pg_catalog.int4 AS objsubid,
    j.identity || '.' || pg_catalog.quote_ident(j.attname) AS identity,
    j.relpages::pg_catalog.int8 AS weight,
    j.table_name,
    j.identity AS table_identity,
    j.attname AS column_name,
    j.rows AS table_rows,
    j.analyzed,
    j.null_frac,
    j.reason,
    -- Once for all of which nothing can be said for the same reason: on the first of them.
    pg_catalog.row_number() OVER (PARTITION BY j.reason ORDER BY j.identity, j.attnum) AS place
FROM judged AS j
