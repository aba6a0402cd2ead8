-- Tables, plain and partitioned, with the number of their indexes.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    coalesce(p.pages, t.relpages)::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    x.indexes,
    (SELECT nullif(pg_catalog.sum(coalesce(p.pages, c.relpages)), 0)::pg_catalog.int8
            * pg_catalog.current_setting('block_size')::pg_catalog.int8
     FROM pg_catalog.pg_index AS i
     JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
     LEFT JOIN tree_pages AS p ON p.root = c.oid
     WHERE i.indrelid = t.oid) AS index_bytes,
    coalesce(p.pages, t.relpages)::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS table_bytes,
    -- By the statistics of at least 30 days.
    server.statistics_are_old
        AND pg_catalog.current_setting('track_counts') = 'on'
        AND NOT EXISTS (
            SELECT
            FROM (
                SELECT t.oid
                UNION ALL
                SELECT tree.member FROM tree
                WHERE t.relkind = 'p' AND tree.root = t.oid AND tree.member <> t.oid
            ) AS m
            WHERE pg_catalog.pg_stat_get_tuples_inserted(m.oid) + pg_catalog.pg_stat_get_tuples_updated(m.oid)
                  + pg_catalog.pg_stat_get_tuples_deleted(m.oid) > 0) AS is_never_written
FROM subject AS t
CROSS JOIN server
JOIN (
    SELECT x.indrelid, pg_catalog.count(*) AS indexes FROM pg_catalog.pg_index AS x GROUP BY x.indrelid
) AS x ON x.indrelid = t.oid
LEFT JOIN tree_pages AS p ON p.root = t.oid
WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition
