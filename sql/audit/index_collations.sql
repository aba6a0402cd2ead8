-- Indexes as people made them that sort by a collation whose version is not the recorded one any more. The database's own is one of them.
WITH collated AS (
    SELECT t.relname AS table_name, t.schema_quoted, c.oid, c.relname, c.relkind, c.relpages,
           x.indisexclusion, k.collation_oid
    FROM subject AS t
    JOIN pg_catalog.pg_index AS x
      ON x.indrelid = t.oid AND x.indislive
     AND x.indcollation::pg_catalog.oid[] && ARRAY(SELECT v.oid FROM changed_collation AS v)
    JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid AND NOT c.relispartition
    JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
    CROSS JOIN LATERAL ROWS FROM (
        pg_catalog.unnest(x.indcollation::pg_catalog.oid[]), pg_catalog.unnest(x.indclass::pg_catalog.oid[])
    ) AS k (collation_oid, class_oid)
    JOIN pg_catalog.pg_opclass AS o ON o.oid = k.class_oid
    WHERE k.collation_oid IN (SELECT v.oid FROM changed_collation AS v)
      -- Those that keep values in the collation's order; the others compare bytes.
      AND (am.amname = 'btree' AND o.opcname NOT IN ('text_pattern_ops', 'varchar_pattern_ops', 'bpchar_pattern_ops')
           OR am.amname = 'gin' AND o.opcname = 'array_ops'
           OR am.amname = 'brin' AND pg_catalog.strpos(o.opcname::pg_catalog.text, 'minmax') > 0)
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    u.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    u.schema_quoted || '.' || pg_catalog.quote_ident(u.relname) AS identity,
    coalesce(p.pages, u.relpages)::pg_catalog.int8 AS weight,
    u.relname AS index_name,
    u.table_name,
    u.names AS collation_names,
    u.versions,
    u.refresh,
    -- That of an exclusion constraint cannot be rebuilt concurrently.
    CASE WHEN u.indisexclusion THEN 'REINDEX INDEX ' ELSE 'REINDEX INDEX CONCURRENTLY ' END
        || u.schema_quoted || '.' || pg_catalog.quote_ident(u.relname) || ';' AS rebuild_index
FROM (
    SELECT k.oid, k.relname, k.table_name, k.schema_quoted, k.relpages, k.indisexclusion,
           pg_catalog.string_agg(v.name, ', ' ORDER BY v.name) AS names,
           pg_catalog.string_agg(pg_catalog.format('Of %s version %s is recorded, and the server has %s',
                                     v.name, v.recorded, v.actual), '. ' ORDER BY v.name) AS versions,
           pg_catalog.string_agg(v.refresh, ' ' ORDER BY v.name) AS refresh
    FROM (
        SELECT DISTINCT c.oid, c.relname, c.table_name, c.schema_quoted, c.relpages, c.indisexclusion, c.collation_oid
        FROM collated AS c
    ) AS k
    JOIN changed_collation AS v ON v.oid = k.collation_oid
    GROUP BY k.oid, k.relname, k.table_name, k.schema_quoted, k.relpages, k.indisexclusion
) AS u
LEFT JOIN tree_pages AS p ON p.root = u.oid
