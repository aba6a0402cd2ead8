-- Columns that bear the name of a key and are integer, while most of that name in the schema are bigint.
WITH named AS MATERIALIZED (
    SELECT c.oid, c.relnamespace, a.attnum, a.attname, a.atttypid = 'pg_catalog.int8'::pg_catalog.regtype AS is_long
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't' AND NOT c.relispartition AND a.attinhcount = 0
      AND c.relnamespace <> 'pg_catalog'::pg_catalog.regnamespace
      AND a.atttypid IN ('pg_catalog.int4'::pg_catalog.regtype, 'pg_catalog.int8'::pg_catalog.regtype)
      -- First what takes least to see.
      AND CASE WHEN a.attname LIKE '%id' OR a.attname LIKE '%Id' THEN
          a.attname ~ '(_id|[a-z]Id)$'
          -- Names that mean another thing in each table.
          AND pg_catalog.lower(a.attname) !~ (
              '^(batch|category|entity|external|foreign|group|item|kind|legacy|new|next|object|old|original|owner|parent|prev|previous|record|'
              || 'ref|reference|remote|resource|revision|root|source|state|status|subject|target|type|version)_?id$') END
),
-- Names with one meaning: no foreign key over a column of that name refers elsewhere than the others.
usual AS (
    SELECT n.relnamespace, n.attname, pg_catalog.count(DISTINCT n.oid) FILTER (WHERE n.is_long) AS long_tables
    FROM named AS n
    LEFT JOIN pg_catalog.pg_constraint AS k ON k.conrelid = n.oid AND k.contype = 'f' AND n.attnum = ANY (k.conkey)
    GROUP BY n.relnamespace, n.attname
    HAVING pg_catalog.count(DISTINCT n.oid) FILTER (WHERE n.is_long) >= 2
       AND pg_catalog.count(DISTINCT n.oid) FILTER (WHERE n.is_long) > pg_catalog.count(DISTINCT n.oid) FILTER (WHERE NOT n.is_long)
       AND pg_catalog.count(DISTINCT nullif(k.confrelid, 0)) <= 1
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    n.attnum::pg_catalog.int4 AS objsubid,
    t.identity || '.' || pg_catalog.quote_ident(n.attname) AS identity,
    t.relpages::pg_catalog.int8 AS weight,
    pg_catalog.format('column "%s" of "%s" is', n.attname, t.relname) AS column_is,
    n.attname AS column_name,
    u.long_tables
FROM subject AS t
JOIN named AS n ON n.oid = t.oid AND NOT n.is_long
JOIN usual AS u ON u.relnamespace = n.relnamespace AND u.attname = n.attname
-- The type of a key is a matter of its own, and that of what refers to one is the key's.
WHERE NOT EXISTS (
    SELECT FROM pg_catalog.pg_constraint AS k
    WHERE k.conrelid = t.oid AND k.contype IN ('p', 'f') AND n.attnum = ANY (k.conkey))
