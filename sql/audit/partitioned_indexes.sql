-- Indexes of partitioned tables that are not whole.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    c.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.schema_quoted || '.' || pg_catalog.quote_ident(c.relname) AS identity,
    0::pg_catalog.int8 AS weight,
    c.relname AS index_name,
    t.relname AS table_name,
    lacking.missing,
    -- Nobody is building on it now.
    lacking.missing IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_locks AS l
        JOIN tree AS m ON m.member = l.relation AND m.root = t.oid
        WHERE l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock') AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()) AS is_incomplete
FROM subject AS t
JOIN pg_catalog.pg_index AS x ON x.indrelid = t.oid AND NOT x.indisvalid
JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid AND c.relkind = 'I'
CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_catalog.count(*) > 3 THEN pg_catalog.format('%s partitions, "%s" among them', pg_catalog.count(*), pg_catalog.min(p.relname::pg_catalog.text))
                ELSE pg_catalog.string_agg(pg_catalog.format('"%s"', p.relname), ', ' ORDER BY p.relname) END AS missing
    FROM pg_catalog.pg_inherits AS i
    JOIN pg_catalog.pg_class AS p ON p.oid = i.inhrelid
    WHERE i.inhparent = t.oid
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_inherits AS ii
          JOIN pg_catalog.pg_index AS ix ON ix.indexrelid = ii.inhrelid
          WHERE ii.inhparent = c.oid AND ix.indrelid = p.oid)
) AS lacking
WHERE t.relkind = 'p'
