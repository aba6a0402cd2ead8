-- Tables, plain and partitioned, that are updated much, but mostly not within their pages alone (HOT), and of how many of these updates an index was the
-- reason. Partitions are their parent's.
WITH member AS (
    SELECT t.oid AS root, t.oid AS member
    FROM subject AS t
    WHERE t.relkind = 'r' AND NOT t.relispartition
    UNION ALL
    SELECT t.oid, tree.member
    FROM subject AS t
    JOIN tree ON tree.root = t.oid
    WHERE t.relkind = 'p' AND NOT t.relispartition
),
updated AS (
    SELECT m.root, pg_catalog.sum(pg_catalog.pg_stat_get_tuples_updated(m.member)) AS updates,
           pg_catalog.sum(pg_catalog.pg_stat_get_tuples_hot_updated(m.member)) AS hot_updates
    FROM member AS m
    GROUP BY m.root
    HAVING pg_catalog.sum(pg_catalog.pg_stat_get_tuples_updated(m.member)) >= 10000
       AND pg_catalog.sum(pg_catalog.pg_stat_get_tuples_hot_updated(m.member))
           <= pg_catalog.sum(pg_catalog.pg_stat_get_tuples_updated(m.member)) / 2
),
-- A row that found room on its page, and is no HOT update all the same, has another value in an index. Before 16 nothing tells which found room.
explained AS (
    SELECT u.root, u.updates, u.updates - u.hot_updates - moved.updates AS blocked_updates
    FROM updated AS u
    CROSS JOIN LATERAL (
        SELECT pg_catalog.sum(v.updates) AS updates
        FROM member AS m
        CROSS JOIN LATERAL (
            SELECT (pg_catalog.to_jsonb(s) ->> 'n_tup_newpage_upd')::pg_catalog.int8 AS updates
            FROM pg_catalog.pg_stat_all_tables AS s
            WHERE s.relid = m.member
        ) AS v
        WHERE m.root = u.root
    ) AS moved
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    coalesce(p.pages, t.relpages)::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    e.updates,
    e.blocked_updates,
    i.indexes,
    i.least_used,
    pg_catalog.row_number() OVER (PARTITION BY e.blocked_updates IS NULL ORDER BY t.identity) AS place,
    pg_catalog.count(*) OVER (PARTITION BY e.blocked_updates IS NULL) AS alike
FROM explained AS e
JOIN subject AS t ON t.oid = e.root
LEFT JOIN tree_pages AS p ON p.root = t.oid
-- Those that may be the reason: not BRIN, which tells pages and not rows. Of several the three that queries use least come first.
JOIN LATERAL (
    SELECT pg_catalog.count(*) AS indexes,
           pg_catalog.string_agg(x.name || CASE x.scans WHEN 1 THEN ' (1 scan)' ELSE ' (' || x.scans || ' scans)' END, ', ' ORDER BY x.place)
               FILTER (WHERE x.place <= 3) AS least_used
    FROM (
        SELECT '"' || y.name || '"' AS name, y.scans, pg_catalog.row_number() OVER (ORDER BY y.scans, y.name) AS place
        FROM (
            SELECT c.relname::pg_catalog.text AS name,
                   CASE WHEN c.relkind = 'i' THEN pg_catalog.pg_stat_get_numscans(c.oid)
                        ELSE (SELECT pg_catalog.sum(pg_catalog.pg_stat_get_numscans(m.member)) FROM tree AS m WHERE m.root = c.oid)
                   END AS scans
            FROM pg_catalog.pg_index AS n
            JOIN pg_catalog.pg_class AS c ON c.oid = n.indexrelid
            JOIN pg_catalog.pg_am AS am ON am.oid = c.relam AND am.amname <> 'brin'
            WHERE n.indrelid = t.oid AND NOT n.indisprimary AND n.indislive
        ) AS y
    ) AS x
) AS i ON i.indexes > 0
