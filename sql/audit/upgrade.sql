-- Tables that newer versions do not take over as they are.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    t.relpages::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    lacking.columns AS nullable_columns,
    (SELECT pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL;', t.identity, n.name), ' ' ORDER BY n.nr)
     FROM pg_catalog.unnest(lacking.names) WITH ORDINALITY AS n (name, nr)) AS set_not_null,
    aclitem.columns AS aclitem_columns
FROM subject AS t
-- Children without a NOT NULL that a parent has. From 18 on there are none, and partitions never were.
LEFT JOIN (
    SELECT x.oid, pg_catalog.string_agg(pg_catalog.format('"%s"', x.attname), ', ' ORDER BY x.attnum) AS columns,
           pg_catalog.array_agg(x.attname ORDER BY x.attnum) AS names
    FROM (
        SELECT DISTINCT a.attrelid AS oid, a.attnum, a.attname
        FROM pg_catalog.pg_inherits AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid AND c.relkind = 'r' AND NOT c.relispartition
        JOIN pg_catalog.pg_attribute AS p ON p.attrelid = i.inhparent AND p.attnum > 0 AND p.attnotnull
        JOIN pg_catalog.pg_attribute AS a
          ON a.attrelid = i.inhrelid AND a.attname = p.attname AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attnotnull
        WHERE pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 180000
    ) AS x
    GROUP BY x.oid
) AS lacking ON lacking.oid = t.oid
-- Stored otherwise from 16 on.
LEFT JOIN (
    SELECT a.attrelid AS oid, pg_catalog.string_agg(pg_catalog.format('"%s"', a.attname), ', ' ORDER BY a.attnum) AS columns
    FROM (
        -- Apart, so that of all other columns nothing behind the type is read.
        SELECT c.attrelid, c.attname, c.attnum, c.attisdropped
        FROM pg_catalog.pg_attribute AS c
        WHERE c.atttypid IN ('pg_catalog.aclitem'::pg_catalog.regtype, 'pg_catalog._aclitem'::pg_catalog.regtype)
        OFFSET 0
    ) AS a
    WHERE a.attnum > 0 AND NOT a.attisdropped
      AND pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 160000
    GROUP BY a.attrelid
) AS aclitem ON aclitem.oid = t.oid
WHERE NOT t.relispartition
