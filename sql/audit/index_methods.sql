-- Indexes for whose work another method is made: btrees by which queries read long stretches of very large tables that only grow, in the order of
-- the column, for which BRIN is; and texts in GiST that are looked for more often than they are written, for which GIN is. Of partitioned tables nobody
-- knows.
WITH used AS (
    SELECT c.oid, t.oid AS table_oid, t.identity AS table_identity, t.relname AS table_name, n.nspname, c.relname AS index_name, am.amname AS method,
           t.schema_quoted || '.' || pg_catalog.quote_ident(c.relname) AS identity,
           x.indkey[0] AS attnum, x.indclass[0] AS opclass, x.indnatts = 1 AND x.indkey[0] > 0 AND x.indpred IS NULL AS is_of_one_column, c.relpages,
           t.relpages AS table_pages, t.reltuples::pg_catalog.float8 AS rows, t.reltuples / greatest(t.relpages, 1) AS rows_a_page,
           pg_catalog.pg_stat_get_numscans(c.oid) AS scans,
           pg_catalog.pg_stat_get_tuples_returned(c.oid)::pg_catalog.float8 AS entries,
           pg_catalog.pg_stat_get_tuples_inserted(t.oid) + pg_catalog.pg_stat_get_tuples_updated(t.oid)
               - pg_catalog.pg_stat_get_tuples_hot_updated(t.oid) AS writes
    FROM subject AS t
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.schema_oid
    JOIN pg_catalog.pg_index AS x
      ON x.indrelid = t.oid AND x.indisvalid AND x.indislive AND x.indnatts = 1
     AND NOT x.indisunique AND NOT x.indisexclusion AND NOT x.indisreplident AND NOT x.indisclustered
    JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
    JOIN pg_catalog.pg_am AS am ON am.oid = c.relam AND am.amname IN ('btree', 'gist')
    WHERE t.relkind = 'r' AND NOT t.relispartition
      -- A megabyte, as for indexes that are not used.
      AND c.relpages >= 1048576 / pg_catalog.current_setting('block_size')::pg_catalog.int8
),
candidate AS (
    SELECT u.*,
           pg_catalog.has_column_privilege(u.table_oid, u.attnum, 'SELECT') AND NOT pg_catalog.row_security_active(u.table_oid) AS is_readable,
           -- As many rows changed as make statistics stale.
           coalesce(
               greatest(pg_catalog.pg_stat_get_last_analyze_time(u.table_oid), pg_catalog.pg_stat_get_last_autoanalyze_time(u.table_oid)) IS NOT NULL
               AND pg_catalog.pg_stat_get_mod_since_analyze(u.table_oid) <= u.rows / 5, false) AS is_fresh
    FROM used AS u
    WHERE u.method = 'btree' AND u.is_of_one_column
      -- 10 GB, of which no row was changed or deleted while others came.
      AND u.table_pages >= 10737418240 / pg_catalog.current_setting('block_size')::pg_catalog.int8
      AND pg_catalog.pg_stat_get_tuples_updated(u.table_oid) = 0 AND pg_catalog.pg_stat_get_tuples_deleted(u.table_oid) = 0 AND u.writes > 0
      -- A scan reads ten times as much as BRIN knows at once, which is 128 pages, and all that it finds leads to rows.
      AND u.scans > 0 AND u.entries >= 1280 * u.scans * u.rows_a_page
      AND (SELECT pg_catalog.pg_stat_get_tuples_fetched(u.table_oid) + pg_catalog.sum(pg_catalog.pg_stat_get_tuples_fetched(x.indexrelid))
                  >= 0.9 * pg_catalog.sum(pg_catalog.pg_stat_get_tuples_returned(x.indexrelid))
           FROM pg_catalog.pg_index AS x
           WHERE x.indrelid = u.table_oid)
      -- What a foreign key looks for are single rows.
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_constraint AS k
          WHERE k.conrelid = u.table_oid AND k.contype = 'f' AND k.conkey @> ARRAY[u.attnum])
      AND EXISTS (
          SELECT
          FROM pg_catalog.pg_opclass AS o
          JOIN pg_catalog.pg_am AS b ON b.oid = o.opcmethod AND b.amname = 'brin'
          JOIN pg_catalog.pg_attribute AS a ON a.attrelid = u.table_oid AND a.attnum = u.attnum AND a.atttypid = o.opcintype
          WHERE o.opcdefault)
),
ordered AS (
    SELECT c.*, v.attname AS column_name, v.correlation,
           CASE WHEN NOT c.is_readable THEN 'This role may not read statistics of its column.'
                WHEN NOT c.is_fresh THEN 'What ANALYZE knows of its order is old, or the server forgot how old: run ANALYZE first.' END AS reason
    FROM candidate AS c
    LEFT JOIN LATERAL (
        SELECT s.attname, s.correlation
        FROM pg_catalog.pg_stats AS s
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.table_oid AND a.attnum = c.attnum AND a.attname = s.attname
        WHERE s.schemaname = c.nspname AND s.tablename = c.table_name AND NOT s.inherited
        LIMIT 1
    ) AS v ON c.is_readable AND c.is_fresh
),
judged AS (
    SELECT o.oid, o.identity, o.relpages, o.index_name, o.table_name, o.table_identity, o.method, o.column_name, o.correlation, o.table_pages,
           o.scans, o.entries, o.writes, o.reason,
           -- Once for all of which nothing can be said for the same reason: on the first of them.
           pg_catalog.row_number() OVER (PARTITION BY o.reason ORDER BY o.identity) AS place
    FROM ordered AS o
    WHERE o.reason IS NOT NULL OR pg_catalog.abs(o.correlation) >= 0.99
    UNION ALL
    SELECT u.oid, u.identity, u.relpages, u.index_name, u.table_name, u.table_identity, u.method, NULL, NULL, u.table_pages,
           u.scans, u.entries, u.writes, NULL, 1
    FROM used AS u
    JOIN pg_catalog.pg_opclass AS o ON o.oid = u.opclass AND o.opcintype = 'pg_catalog.tsvector'::pg_catalog.regtype
    WHERE u.method = 'gist' AND u.scans >= 100 AND u.scans >= u.writes
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    j.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    j.identity,
    j.relpages::pg_catalog.int8 AS weight,
    j.index_name,
    j.table_name,
    j.table_identity,
    j.method,
    j.column_name,
    j.correlation,
    j.table_pages,
    j.table_pages * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS table_bytes,
    j.relpages * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS index_bytes,
    j.scans,
    j.entries,
    j.writes,
    j.reason,
    j.place
FROM judged AS j
