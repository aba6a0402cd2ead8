-- Tables with what their primary keys are made of, and whether foreign keys link them. Partitions and other children have both from
-- their parents. What is asked here are opinions, whose rules are off: a source of its own, which nobody reads for nothing.
WITH ends AS (
    SELECT DISTINCT e.oid
    FROM pg_catalog.pg_constraint AS k
    CROSS JOIN LATERAL (VALUES (k.conrelid), (k.confrelid)) AS e (oid)
    WHERE k.contype = 'f'
),
linked AS (
    SELECT e.oid FROM ends AS e
    UNION
    -- A foreign key of a partition alone links the whole.
    SELECT m.root FROM tree AS m JOIN ends AS e ON e.oid = m.member
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    coalesce(p.pages, t.relpages)::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    -- One without columns is none.
    l.oid IS NULL AND EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped) AS is_unlinked,
    key.text_names,
    key.natural_names,
    -- The first column that stands before one of the key, and is none of it.
    CASE WHEN key.last > pg_catalog.cardinality(key.attnums) THEN (
        SELECT a.attname
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND a.attnum <> ALL (key.attnums) AND a.attnum < key.last
        ORDER BY a.attnum
        LIMIT 1) END AS before_name
FROM subject AS t
LEFT JOIN linked AS l ON l.oid = t.oid
LEFT JOIN tree_pages AS p ON p.root = t.oid
LEFT JOIN (
    SELECT x.indrelid, pg_catalog.array_agg(a.attnum) AS attnums, pg_catalog.max(a.attnum) AS last,
           pg_catalog.string_agg('"' || a.attname || '"', ', ' ORDER BY a.attnum)
               FILTER (WHERE y.typcategory = 'S' AND own.yes) AS text_names,
           -- What somebody measured, counted or chose: dates and times, addresses, enums, ranges, yes or no, numbers that are not
           -- integers. A date or time beside other columns is what such tables are ordered by, and in a partitioned one must be there.
           pg_catalog.string_agg('"' || a.attname || '"', ', ' ORDER BY a.attnum)
               FILTER (WHERE own.yes
                         AND (y.typcategory IN ('B', 'E', 'I', 'R', 'T')
                              OR (y.typcategory = 'D' AND x.indnkeyatts = 1 AND c.relkind <> 'p')
                              OR y.typcategory = 'N')) AS natural_names
    FROM pg_catalog.pg_index AS x
    JOIN pg_catalog.pg_class AS c ON c.oid = x.indrelid AND c.relkind IN ('r', 'p')
    CROSS JOIN LATERAL pg_catalog.unnest((x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1]) AS u (attnum)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = u.attnum
    JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
    -- Integers and what counts as one are no question. Nor is what refers to another table: its type is that table's choice.
    CROSS JOIN LATERAL (
        SELECT CASE WHEN CASE y.typtype WHEN 'd' THEN y.typbasetype ELSE y.oid END NOT IN (
                             'pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype,
                             'pg_catalog.int8'::pg_catalog.regtype, 'pg_catalog.oid'::pg_catalog.regtype)
                    THEN NOT EXISTS (
                        SELECT FROM pg_catalog.pg_constraint AS k
                        WHERE k.conrelid = x.indrelid AND k.contype = 'f' AND k.conkey @> ARRAY[a.attnum]) END AS yes
    ) AS own
    WHERE x.indisprimary
    GROUP BY x.indrelid
) AS key ON key.indrelid = t.oid
WHERE t.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = t.oid)
