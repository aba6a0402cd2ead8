-- Tables of 50 GB and more from which rows are deleted, and the column of time by which their rows lie in order, as far as this role may see.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    t.relpages::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    t.relpages::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS table_bytes,
    use.deleted,
    server.statistics_since,
    v.attname AS column_name,
    -- Statistics of no such column can be read.
    v.attname IS NULL AND hidden.yes AS is_hidden
FROM subject AS t
CROSS JOIN server
CROSS JOIN LATERAL (
    SELECT pg_catalog.pg_stat_get_tuples_deleted(t.oid) AS deleted, pg_catalog.pg_stat_get_tuples_inserted(t.oid) AS inserted
) AS use
JOIN pg_catalog.pg_namespace AS n ON n.oid = t.schema_oid
CROSS JOIN LATERAL (
    SELECT pg_catalog.bool_or(
               pg_catalog.row_security_active(t.oid) OR NOT pg_catalog.has_column_privilege(t.oid, a.attnum, 'SELECT')) AS yes
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND a.atttypid IN ('pg_catalog.date'::pg_catalog.regtype, 'pg_catalog.timestamp'::pg_catalog.regtype,
                         'pg_catalog.timestamptz'::pg_catalog.regtype)
) AS hidden
LEFT JOIN LATERAL (
    SELECT a.attname
    FROM pg_catalog.pg_stats AS s
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attname = s.attname
    WHERE s.schemaname = n.nspname AND s.tablename = t.relname AND NOT s.inherited
      AND a.atttypid IN ('pg_catalog.date'::pg_catalog.regtype, 'pg_catalog.timestamp'::pg_catalog.regtype,
                         'pg_catalog.timestamptz'::pg_catalog.regtype)
      -- Nearly every row has a time of its own or of its day, and they came in that order.
      AND s.correlation >= 0.9 AND s.null_frac = 0 AND (s.n_distinct < 0 OR s.n_distinct > 100)
    ORDER BY s.correlation DESC, a.attnum
    LIMIT 1
) AS v ON true
WHERE t.relkind = 'r' AND NOT t.relispartition
  AND t.relpages >= 53687091200 / pg_catalog.current_setting('block_size')::pg_catalog.int8
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE t.oid IN (i.inhrelid, i.inhparent))
  -- A tenth of it at least, while others came.
  AND t.reltuples > 0 AND use.deleted >= t.reltuples / 10 AND use.inserted >= t.reltuples / 10
