-- Indexes that are not whole, each alone. Those of partitioned tables hold no rows: what is wrong with them is wrong with a partition's.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    c.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.schema_quoted || '.' || pg_catalog.quote_ident(c.relname) AS identity,
    c.relpages::pg_catalog.int8 AS weight,
    c.relname AS index_name,
    t.relname AS table_name,
    CASE WHEN c.relpages > 0
         THEN c.relpages::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8 END AS index_bytes,
    x.indisunique AS is_unique,
    -- Kept up by writes; not so when the build failed in its first pass.
    x.indisready AS is_ready,
    -- Left over from a build or a rebuild that failed, and nobody is at work on it now.
    NOT EXISTS (
        SELECT FROM pg_catalog.pg_stat_progress_create_index AS p
        WHERE p.datname = pg_catalog.current_database()
          AND (p.relid = t.oid
           -- Not to be seen by this role, but its lock is.
           OR (p.relid IS NULL AND EXISTS (
               SELECT FROM pg_catalog.pg_locks AS l
               WHERE l.pid = p.pid AND l.relation = t.oid AND l.mode = 'ShareUpdateExclusiveLock'))))
        -- REINDEX and DROP ... CONCURRENTLY hold one on the index.
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_locks AS l
            WHERE l.relation = c.oid AND l.mode = 'ShareUpdateExclusiveLock'
              AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d
                                WHERE d.datname = pg_catalog.current_database())) AS is_invalid,
    c.relname ~ '_cc(new|old)[0-9]*$' AS is_reindex_leftover,
    CASE WHEN c.relispartition OR k.oid IS NOT NULL THEN NULL
         ELSE 'DROP INDEX CONCURRENTLY ' || t.schema_quoted || '.' || pg_catalog.quote_ident(c.relname) || ';'
    END AS drop_index,
    'REINDEX INDEX CONCURRENTLY ' || t.schema_quoted || '.' || pg_catalog.quote_ident(c.relname) || ';' AS rebuild_index
FROM subject AS t
JOIN pg_catalog.pg_index AS x ON x.indrelid = t.oid
JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid AND c.relkind = 'i'
LEFT JOIN LATERAL (
    SELECT k.oid FROM pg_catalog.pg_constraint AS k
    WHERE k.conindid = c.oid AND k.conrelid = t.oid AND k.contype IN ('p', 'u', 'x')
    LIMIT 1
) AS k ON true
WHERE NOT x.indisvalid OR NOT x.indisready OR NOT x.indislive
