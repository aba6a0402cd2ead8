-- Columns for amounts of money, by their names, that are numeric with any number of digits: their own type or that below their domain. Left out are
-- those that a partition or another child has from its parent.
WITH RECURSIVE unscaled (oid) AS (
    SELECT 'pg_catalog.numeric'::pg_catalog.regtype::pg_catalog.oid
    UNION ALL
    SELECT y.oid
    FROM unscaled AS u
    JOIN pg_catalog.pg_type AS y ON y.typbasetype = u.oid AND y.typtype = 'd' AND y.typtypmod = -1
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    a.attnum::pg_catalog.int4 AS objsubid,
    t.identity || '.' || pg_catalog.quote_ident(a.attname) AS identity,
    t.relpages::pg_catalog.int8 AS weight,
    a.attname AS column_name,
    pg_catalog.format('column "%s" of "%s" is', a.attname, t.relname) AS column_is
FROM subject AS t
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN unscaled AS y ON y.oid = a.atttypid
WHERE t.relkind IN ('r', 'p')
  AND NOT t.relispartition
  AND a.attinhcount = 0
  AND a.atttypmod = -1
  AND pg_catalog.lower(a.attname) ~ (
      '(^|_)(amount|balance|cost|costs|fee|fees|payment|price|revenue|salary|subtotal|total|wage)(_(chf|eur|gbp|jpy|usd))*$')
