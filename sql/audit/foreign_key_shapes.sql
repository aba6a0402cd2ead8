-- Foreign keys by what they lead to: a table that a wider one leads to as well, their own table, another schema.
WITH keys AS MATERIALIZED (
    -- But for those that partitions have from their parent, and those that are not enforced.
    SELECT k.oid, k.conname, k.conrelid, k.confrelid, k.conkey, k.confkey, k.convalidated, k.confupdtype, k.confdeltype,
           k.condeferrable, k.condeferred, k.confdelsetcols, from_18.is_of_periods
    FROM pg_catalog.pg_constraint AS k
    -- Before 18 the inner query has no columns of these names and means the outer ones.
    CROSS JOIN (SELECT true AS conenforced, false AS conperiod) AS before_18
    CROSS JOIN LATERAL (
        SELECT (SELECT conenforced FROM (SELECT k.*) AS of_18) AS is_enforced,
               (SELECT conperiod FROM (SELECT k.*) AS of_18) AS is_of_periods
    ) AS from_18
    WHERE k.contype = 'f' AND k.conparentid = 0 AND from_18.is_enforced
),
contained AS MATERIALIZED (
    -- Those that demand a part of what a wider one to the same table demands, which is checked for every row.
    SELECT DISTINCT ON (k.oid) k.oid, wide.conname
    FROM keys AS k
    -- By the catalog's index, and not all keys with all: where nobody has analyzed the catalog yet, they are taken for one.
    JOIN pg_catalog.pg_constraint AS wide
      ON wide.conrelid = k.conrelid AND wide.confrelid = k.confrelid AND wide.convalidated AND wide.contype = 'f'
     AND (wide.oid IN (SELECT x.oid FROM keys AS x WHERE NOT x.is_of_periods)) IS TRUE
     AND pg_catalog.cardinality(wide.conkey) > 1 AND wide.conkey @> k.conkey AND pg_catalog.cardinality(wide.conkey) > pg_catalog.cardinality(k.conkey)
     AND (wide.confupdtype, wide.confdeltype, wide.condeferrable, wide.condeferred)
       = (k.confupdtype, k.confdeltype, k.condeferrable, k.condeferred)
     AND k.confdelsetcols IS NULL AND wide.confdelsetcols IS NULL
     AND NOT k.is_of_periods
    -- The same columns refer to the same.
    WHERE NOT EXISTS (
              SELECT FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) AS c (own, other)
              WHERE NOT EXISTS (
                  SELECT
                  FROM ROWS FROM (pg_catalog.unnest(wide.conkey), pg_catalog.unnest(wide.confkey)) AS w (own, other)
                  WHERE w.own = c.own AND w.other = c.other))
      -- A row with NULL in one of its columns would not be checked by it.
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_attribute AS a
          WHERE a.attrelid = k.conrelid AND a.attnum = ANY (wide.conkey)
            AND (NOT a.attnotnull
                 -- From 18 on NOT NULL may hold for new rows alone.
                 OR EXISTS (
                     SELECT FROM pg_catalog.pg_constraint AS n
                     WHERE n.conrelid = a.attrelid AND n.contype = 'n' AND NOT n.convalidated
                       AND n.conkey = ARRAY[a.attnum])))
    ORDER BY k.oid, pg_catalog.cardinality(wide.conkey), wide.oid
)
SELECT
    'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid AS classid,
    k.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity || '.' || pg_catalog.quote_ident(k.conname) AS identity,
    coalesce(p.pages, t.relpages)::pg_catalog.int8 AS weight,
    k.conname AS constraint_name,
    t.relname AS table_name,
    t.identity AS table_identity,
    r.relname AS referenced_name,
    c.conname AS contained_in,
    k.conrelid = k.confrelid AS is_of_itself,
    -- The schema of the table that it refers to, where that is another.
    n.nspname AS other_schema
FROM subject AS t
JOIN keys AS k ON k.conrelid = t.oid
JOIN pg_catalog.pg_class AS r ON r.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace AND r.relnamespace <> t.schema_oid
LEFT JOIN contained AS c ON c.oid = k.oid
LEFT JOIN tree_pages AS p ON p.root = t.oid
WHERE c.oid IS NOT NULL OR n.oid IS NOT NULL OR k.conrelid = k.confrelid
