-- Indexes of one table that differ by INCLUDE alone, all of them in one row. Neither those that another index makes superfluous, nor what is
-- unique: a wider one may not take its place.
WITH covering AS (
    SELECT c.oid, c.relname, c.relkind, c.relam, t.oid AS table_oid, t.relname AS table_name, t.schema_quoted,
           coalesce(p.pages, c.relpages)::pg_catalog.int8 AS pages,
           x.indkey::pg_catalog.int2[] AS columns,
           (x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1] AS keys,
           x.indclass::pg_catalog.oid[] AS classes,
           x.indcollation::pg_catalog.oid[] AS collations,
           x.indoption::pg_catalog.int2[] AS options,
           pg_catalog.regexp_replace(x.indpred::pg_catalog.text, ' :location -?[0-9]+', '', 'g') AS predicate,
           x.indnkeyatts
    FROM subject AS t
    JOIN pg_catalog.pg_index AS x ON x.indrelid = t.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid AND NOT c.relispartition
    JOIN pg_catalog.pg_am AS am ON am.oid = c.relam AND am.amname = 'btree'
    LEFT JOIN tree_pages AS p ON p.root = c.oid
    WHERE x.indnatts > x.indnkeyatts AND x.indisvalid AND x.indisready AND x.indislive
      AND NOT x.indisunique AND NOT x.indisexclusion AND NOT x.indisreplident AND NOT x.indisclustered
      AND x.indexprs IS NULL
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    (pg_catalog.array_agg(a.oid ORDER BY a.relname))[1] AS objid,
    0::pg_catalog.int4 AS objsubid,
    a.schema_quoted || '.' || pg_catalog.quote_ident(pg_catalog.min(a.relname::pg_catalog.text COLLATE "C")) AS identity,
    pg_catalog.sum(a.pages)::pg_catalog.int8 AS weight,
    a.table_name,
    pg_catalog.string_agg(pg_catalog.format('"%s"', a.relname), ', ' ORDER BY a.relname) AS index_names,
    pg_catalog.sum(a.pages)::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS index_bytes,
    (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(n.attname), ', ' ORDER BY n.attnum)
     FROM pg_catalog.pg_attribute AS n
     WHERE n.attrelid = a.table_oid
       AND n.attnum <> ALL (a.keys)
       AND EXISTS (
           SELECT FROM pg_catalog.pg_index AS i
           WHERE i.indexrelid = ANY (pg_catalog.array_agg(a.oid)) AND n.attnum = ANY (i.indkey::pg_catalog.int2[]))) AS included,
    -- A partitioned index cannot be dropped concurrently.
    pg_catalog.string_agg(
        CASE WHEN a.relkind = 'I' THEN 'DROP INDEX ' ELSE 'DROP INDEX CONCURRENTLY ' END
            || a.schema_quoted || '.' || pg_catalog.quote_ident(a.relname) || ';', ' ' ORDER BY a.relname) AS drop_indexes
FROM covering AS a
WHERE NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_index AS y
    JOIN pg_catalog.pg_class AS o ON o.oid = y.indexrelid AND o.relam = a.relam
    WHERE y.indrelid = a.table_oid AND y.indexrelid <> a.oid AND y.indisvalid
      AND (y.indkey::pg_catalog.int2[])[0:a.indnkeyatts - 1] = a.keys
      AND y.indkey::pg_catalog.int2[] @> a.columns
      AND pg_catalog.regexp_replace(y.indpred::pg_catalog.text, ' :location -?[0-9]+', '', 'g') IS NOT DISTINCT FROM a.predicate)
GROUP BY a.table_oid, a.table_name, a.schema_quoted, a.keys, a.classes, a.collations, a.options, a.predicate
HAVING pg_catalog.count(*) > 1
