-- Tables of whose columns one alone, which is jsonb, has values out of line, and which updates write anew. What they leave as it is stays where it is,
-- so that pieces that die, and not with their rows, are replaced by others.
WITH written AS (
    SELECT t.oid, t.identity, t.relname AS table_name, t.relpages, t.schema_oid,
           pg_catalog.pg_stat_get_tuples_updated(t.oid) AS updates,
           pg_catalog.pg_stat_get_tuples_deleted(t.oid) AS deletes,
           pg_catalog.pg_stat_get_tuples_deleted(t.reltoastrelid) AS pieces,
           -- Pieces of a row, on average.
           pg_catalog.pg_stat_get_live_tuples(t.reltoastrelid)::pg_catalog.float8
               / greatest(pg_catalog.pg_stat_get_live_tuples(t.oid), 1) AS pieces_a_row
    FROM subject AS t
    WHERE t.relkind = 'r' AND NOT t.relispartition AND t.reltoastrelid <> 0
),
rewritten AS (
    SELECT w.*,
           NOT pg_catalog.row_security_active(w.oid) AND (
               SELECT pg_catalog.bool_and(pg_catalog.has_column_privilege(w.oid, a.attnum, 'SELECT'))
               FROM pg_catalog.pg_attribute AS a
               WHERE a.attrelid = w.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attlen = -1) AS is_readable
    FROM written AS w
    -- 200 MB.
    WHERE w.pieces >= 100000 AND w.pieces >= w.updates
      -- Rows that were deleted account for a tenth of them at most.
      AND w.deletes * greatest(w.pieces_a_row, 1) <= w.pieces / 10
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    r.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    r.identity,
    r.relpages::pg_catalog.int8 AS weight,
    r.table_name,
    c.column_name,
    r.updates,
    r.pieces,
    r.is_readable,
    pg_catalog.row_number() OVER (PARTITION BY r.is_readable ORDER BY r.identity) AS place,
    pg_catalog.count(*) OVER (PARTITION BY r.is_readable) AS alike
FROM rewritten AS r
JOIN pg_catalog.pg_namespace AS n ON n.oid = r.schema_oid
JOIN LATERAL (
    SELECT pg_catalog.max(a.attname) FILTER (WHERE a.atttypid = 'pg_catalog.jsonb'::pg_catalog.regtype) AS column_name,
           pg_catalog.count(*) FILTER (WHERE a.atttypid = 'pg_catalog.jsonb'::pg_catalog.regtype) AS documents,
           -- A value out of line takes 18 bytes in its row.
           pg_catalog.bool_and((v.avg_width >= 18) = (a.atttypid = 'pg_catalog.jsonb'::pg_catalog.regtype)) AS is_alone
    FROM pg_catalog.pg_attribute AS a
    LEFT JOIN pg_catalog.pg_stats AS v
      ON r.is_readable AND v.schemaname = n.nspname AND v.tablename = r.table_name AND v.attname = a.attname AND NOT v.inherited
    WHERE a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attlen = -1 AND a.attstorage <> 'p'
) AS c ON c.documents = 1 AND (c.is_alone OR NOT r.is_readable)
