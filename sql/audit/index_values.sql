-- Large indexes on one column and all rows, by which queries find either many rows each time or nothing of what is NULL, with what ANALYZE
-- knows of the column's values. Of partitioned tables nobody knows whether that is still so.
WITH used AS (
    SELECT c.oid, t.oid AS table_oid, t.identity AS table_identity, t.relname AS table_name, n.nspname, c.relname AS index_name,
           t.schema_quoted || '.' || pg_catalog.quote_ident(c.relname) AS identity,
           a.attname AS column_name, a.attnum, a.attnotnull, a.atttypid, c.relpages, n.oid AS schema_oid,
           t.reltuples::pg_catalog.float8 AS rows, t.reltuples / greatest(t.relpages, 1) AS rows_a_page,
           pg_catalog.pg_stat_get_numscans(c.oid) AS scans,
           pg_catalog.pg_stat_get_tuples_returned(c.oid)::pg_catalog.float8 AS entries
    FROM subject AS t
    JOIN pg_catalog.pg_namespace AS n ON n.oid = t.schema_oid
    JOIN pg_catalog.pg_index AS x
      ON x.indrelid = t.oid AND x.indisvalid AND x.indislive
     AND x.indnatts = 1 AND x.indkey[0] > 0 AND x.indpred IS NULL
     AND NOT x.indisunique AND NOT x.indisexclusion AND NOT x.indisreplident AND NOT x.indisclustered
    JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid AND NOT c.relispartition
    JOIN pg_catalog.pg_am AS am ON am.oid = c.relam AND am.amname = 'btree'
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = x.indkey[0]
    WHERE t.relkind IN ('r', 'm') AND NOT t.relispartition
      -- A megabyte, as for indexes that are not used.
      AND c.relpages >= 1048576 / pg_catalog.current_setting('block_size')::pg_catalog.int8
      AND t.reltuples >= 10000
),
candidate AS (
    SELECT u.*,
           -- One search for NULL, where that is in more than half of the rows, would have found more, and in a fifth of the table too.
           NOT u.attnotnull AND u.entries < u.rows / 10 AS finds_no_null,
           -- A scan found a fifth of the rows or more, on average, and that many are on all pages. Each entry led to a row: no scan was of the
           -- index alone, nor joined with that of another. What a foreign key looks for has to be found.
           u.scans >= 100 AND u.entries / u.scans >= u.rows / 5 AND u.rows_a_page >= 10
               AND u.atttypid <> 'pg_catalog.bool'::pg_catalog.regtype
               AND NOT EXISTS (
                   SELECT FROM pg_catalog.pg_constraint AS k
                   WHERE k.conrelid = u.table_oid AND k.contype = 'f' AND k.conkey @> ARRAY[u.attnum])
               AND (SELECT pg_catalog.pg_stat_get_tuples_fetched(u.table_oid) + pg_catalog.sum(pg_catalog.pg_stat_get_tuples_fetched(x.indexrelid))
                           >= 0.9 * pg_catalog.sum(pg_catalog.pg_stat_get_tuples_returned(x.indexrelid))
                    FROM pg_catalog.pg_index AS x
                    WHERE x.indrelid = u.table_oid) AS finds_many,
           -- As many rows changed as make statistics stale.
           coalesce(
               greatest(pg_catalog.pg_stat_get_last_analyze_time(u.table_oid), pg_catalog.pg_stat_get_last_autoanalyze_time(u.table_oid)) IS NOT NULL
               AND pg_catalog.pg_stat_get_mod_since_analyze(u.table_oid) <= u.rows / 5, false) AS is_fresh,
           pg_catalog.has_column_privilege(u.table_oid, u.attnum, 'SELECT')
               AND NOT pg_catalog.row_security_active(u.table_oid) AS is_readable
    FROM used AS u
    WHERE u.scans > 0
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    c.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    c.identity,
    c.relpages::pg_catalog.int8 AS weight,
    c.index_name,
    c.table_name,
    c.table_identity,
    c.column_name,
    c.rows,
    c.scans,
    c.entries,
    c.relpages * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS index_bytes,
    v.null_frac,
    v.n_distinct,
    -- Frequent values in one place are found without reading the rest.
    c.finds_many AND pg_catalog.abs(v.correlation) < 0.5 AND v.n_distinct BETWEEN 1 AND 10 AS has_few_values,
    c.finds_no_null AND v.null_frac > 0.5 AS is_mostly_null,
    -- Once for all of which nothing can be said: on the first of them.
    CASE WHEN c.is_readable AND c.is_fresh THEN NULL
         WHEN pg_catalog.row_number() OVER (PARTITION BY c.finds_many, c.is_readable AND c.is_fresh ORDER BY c.identity) = 1 THEN c.finds_many
    END AS hides_many,
    CASE WHEN c.is_readable AND c.is_fresh THEN NULL
         WHEN pg_catalog.row_number() OVER (PARTITION BY c.finds_no_null, c.is_readable AND c.is_fresh ORDER BY c.identity) = 1 THEN c.finds_no_null
    END AS hides_null,
    CASE WHEN NOT c.is_readable THEN 'This role may not read statistics of its column.'
         WHEN NOT c.is_fresh THEN 'What ANALYZE knows of its values is old, or the server forgot how old: run ANALYZE first.' END AS reason
FROM candidate AS c
LEFT JOIN LATERAL (
    SELECT s.null_frac, s.n_distinct, s.correlation
    FROM pg_catalog.pg_stats AS s
    WHERE s.schemaname = c.nspname AND s.tablename = c.table_name AND s.attname = c.column_name AND NOT s.inherited
    LIMIT 1
) AS v ON c.is_readable AND c.is_fresh
WHERE c.finds_many OR c.finds_no_null
