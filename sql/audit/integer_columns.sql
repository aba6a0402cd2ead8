-- Columns shorter than bigint that are no part of a key: one row a table. A source of its own because it looks at each table's keys, and its
-- rule is off for most.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    k.oid AS objid,
    CASE WHEN pg_catalog.cardinality(k.names) = 1 THEN k.first_column ELSE 0 END::pg_catalog.int4 AS objsubid,
    k.identity
    || CASE WHEN pg_catalog.cardinality(k.names) = 1 THEN '.' || pg_catalog.quote_ident(k.names[1]) ELSE '' END AS identity,
    k.relpages::pg_catalog.int8 AS weight,
    pg_catalog.cardinality(k.names) = 1 AS is_one,
    pg_catalog.format('column%s "%s"%s of "%s" %s', CASE WHEN pg_catalog.cardinality(k.names) > 1 THEN 's' END,
        pg_catalog.array_to_string(k.names[1:5], '", "'),
        CASE WHEN pg_catalog.cardinality(k.names) > 5 THEN ' and ' || pg_catalog.cardinality(k.names) - 5 || ' more' END,
        k.relname, CASE WHEN pg_catalog.cardinality(k.names) > 1 THEN 'are' ELSE 'is' END) AS columns_are
FROM (
    SELECT t.oid, t.identity, t.relname, t.relpages, pg_catalog.min(a.attnum) AS first_column,
           pg_catalog.array_agg(a.attname ORDER BY a.attnum) AS names
    FROM subject AS t
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE t.relkind IN ('r', 'p')
      AND NOT t.relispartition
      AND a.attinhcount = 0
      AND a.atttypid IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype)
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_constraint AS k
          WHERE k.conrelid = t.oid AND k.contype IN ('p', 'f') AND a.attnum = ANY (k.conkey))
    GROUP BY t.oid, t.identity, t.relname, t.relpages
) AS k
