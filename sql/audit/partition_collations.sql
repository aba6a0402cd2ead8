-- Partitioned tables whose rows are told apart by a collation whose version is not the recorded one any more, at any of their levels.
WITH collated AS (
    SELECT DISTINCT t.oid, k.collation_oid
    FROM subject AS t
    JOIN tree ON tree.root = t.oid
    JOIN pg_catalog.pg_partitioned_table AS p ON p.partrelid = tree.member
    CROSS JOIN LATERAL ROWS FROM (
        pg_catalog.unnest(p.partcollation::pg_catalog.oid[]), pg_catalog.unnest(p.partclass::pg_catalog.oid[])
    ) AS k (collation_oid, class_oid)
    JOIN pg_catalog.pg_collation AS l ON l.oid = k.collation_oid
    JOIN pg_catalog.pg_opclass AS o ON o.oid = k.class_oid
    WHERE t.relkind = 'p' AND NOT t.relispartition
      -- Only ranges are in an order; what is equal changes where the collation takes different texts for equal.
      AND (p.partstrat = 'r' OR NOT l.collisdeterministic)
      AND o.opcname NOT IN ('text_pattern_ops', 'varchar_pattern_ops', 'bpchar_pattern_ops')
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    coalesce(p.pages, 0)::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    u.names AS collation_names,
    u.versions,
    u.refresh
FROM (
    SELECT c.oid, pg_catalog.string_agg(v.name, ', ' ORDER BY v.name) AS names,
           pg_catalog.string_agg(pg_catalog.format('Of %s version %s is recorded, and the server has %s',
                                     v.name, v.recorded, v.actual), '. ' ORDER BY v.name) AS versions,
           pg_catalog.string_agg(v.refresh, ' ' ORDER BY v.name) AS refresh
    FROM collated AS c
    JOIN changed_collation AS v ON v.oid = c.collation_oid
    GROUP BY c.oid
) AS u
JOIN subject AS t ON t.oid = u.oid
LEFT JOIN tree_pages AS p ON p.root = u.oid
-- What holds no row holds none in the wrong place.
WHERE EXISTS (
    SELECT FROM tree
    JOIN pg_catalog.pg_class AS c ON c.oid = tree.member AND c.relkind IN ('r', 'f') AND c.reltuples <> 0
    WHERE tree.root = u.oid)
