-- Columns shorter than bigint that are no part of a key. A source of its own because it looks at each table's keys, and its rule is off for most.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    a.attnum::pg_catalog.int4 AS objsubid,
    t.identity || '.' || pg_catalog.quote_ident(a.attname) AS identity,
    t.relpages::pg_catalog.int8 AS weight,
    pg_catalog.format('column "%s" of "%s" is', a.attname, t.relname) AS column_is
FROM subject AS t
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE t.relkind IN ('r', 'p')
  AND NOT t.relispartition
  AND a.attinhcount = 0
  AND a.atttypid IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype)
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_constraint AS k
      WHERE k.conrelid = t.oid AND k.contype IN ('p', 'f') AND a.attnum = ANY (k.conkey))
