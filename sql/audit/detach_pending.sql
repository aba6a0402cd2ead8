-- Partitions that are marked as detached, and no more.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    c.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS identity,
    c.relpages::pg_catalog.int8 AS weight,
    c.relname AS partition_name,
    t.relname AS table_name,
    t.identity AS parent_identity,
    -- Whoever detaches it now holds a lock on one of the two.
    NOT EXISTS (
        SELECT FROM pg_catalog.pg_locks AS l
        WHERE l.relation IN (c.oid, t.oid) AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
          AND l.mode IN ('ShareUpdateExclusiveLock', 'AccessExclusiveLock')) AS is_abandoned
FROM subject AS t
JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.oid AND i.inhdetachpending
JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE t.relkind = 'p'
