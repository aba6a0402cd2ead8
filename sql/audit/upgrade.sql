-- Tables that newer versions do not take over as they are.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    t.relpages::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    lacking.columns AS nullable_columns,
    lacking.change AS set_not_null,
    -- Stored otherwise from 16 on.
    (SELECT pg_catalog.string_agg(pg_catalog.format('"%s"', a.attname), ', ' ORDER BY a.attnum)
     FROM pg_catalog.pg_attribute AS a
     WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
       AND a.atttypid IN ('pg_catalog.aclitem'::pg_catalog.regtype, 'pg_catalog._aclitem'::pg_catalog.regtype)
       AND pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 160000) AS aclitem_columns
FROM subject AS t
-- Children without a NOT NULL that a parent has. From 18 on there are none, and partitions never were.
LEFT JOIN LATERAL (
    SELECT pg_catalog.string_agg(pg_catalog.format('"%s"', a.attname), ', ' ORDER BY a.attnum) AS columns,
           pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL;', t.identity, a.attname), ' '
               ORDER BY a.attnum) AS change
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT a.attnotnull
      AND EXISTS (
          SELECT FROM pg_catalog.pg_inherits AS i
          JOIN pg_catalog.pg_attribute AS p
            ON p.attrelid = i.inhparent AND p.attname = a.attname AND p.attnum > 0 AND p.attnotnull
          WHERE i.inhrelid = t.oid)
) AS lacking ON pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 180000
    AND EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = t.oid)
WHERE NOT t.relispartition
