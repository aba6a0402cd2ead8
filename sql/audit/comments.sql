-- Tables that lack a comment, or of whose columns some do: one row a table.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    t.relpages::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    CASE t.relkind WHEN 'm' THEN 'materialized view' ELSE 'table' END AS kind,
    pg_catalog.bool_or(x.objsubid = 0) IS NOT TRUE AS lacks_its_own,
    c.column_count,
    c.column_count - pg_catalog.count(x.objoid) FILTER (WHERE x.objsubid > 0) AS columns_without
FROM subject AS t
CROSS JOIN LATERAL (
    SELECT pg_catalog.count(*) AS column_count
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
) AS c
LEFT JOIN pg_catalog.pg_description AS x
  ON x.objoid = t.oid AND x.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
WHERE NOT t.relispartition
GROUP BY t.oid, t.identity, t.relname, t.relkind, t.relpages, c.column_count
