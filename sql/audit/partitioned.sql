-- Partitioned tables, at every level. $1 and $2 as ever.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    coalesce(g.pages, 0) AS weight,
    t.relname AS table_name,
    t.reltuples,
    NOT t.relispartition AS is_root,
    coalesce(below.leaves, 0) AS leaves,
    coalesce(below.rows, 0)::pg_catalog.int8 AS leaf_rows,
    rest.relname AS default_name,
    rest.rows AS default_rows,
    ranges.last_lower,
    ranges.last_upper,
    ranges.last_bound,
    ranges.step,
    coalesce(ranges.is_monthly, false) AS is_monthly,
    coalesce(ranges.gaps, 0) AS gaps,
    ranges.first_gap,
    -- Partitions without policies of their own that others may use directly.
    CASE WHEN parent.relrowsecurity THEN (
        SELECT pg_catalog.string_agg(pg_catalog.format('"%s"', c.relname), ', ' ORDER BY c.relname)
        FROM pg_catalog.pg_inherits AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = t.oid AND NOT c.relrowsecurity
          AND EXISTS (SELECT FROM pg_catalog.aclexplode(c.relacl) AS a WHERE a.grantee <> c.relowner)
    ) END AS open_partitions
FROM subject AS t
JOIN pg_catalog.pg_class AS parent ON parent.oid = t.oid
JOIN pg_catalog.pg_partitioned_table AS pt ON pt.partrelid = t.oid
LEFT JOIN tree_pages AS g ON g.root = t.oid
LEFT JOIN (
    SELECT m.root, pg_catalog.count(*) AS leaves,
           pg_catalog.sum(greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid), 0)) AS rows
    FROM tree AS m
    JOIN pg_catalog.pg_class AS c ON c.oid = m.member AND c.relkind IN ('r', 'f')
    GROUP BY m.root
) AS below ON below.root = t.oid
LEFT JOIN LATERAL (
    SELECT c.relname, greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid), 0)::pg_catalog.int8 AS rows
    FROM pg_catalog.pg_class AS c
    WHERE c.oid = pt.partdefid
) AS rest ON true
-- Ranges of one column of time, in their order; MINVALUE, MAXVALUE, infinity and all other sets have none.
CROSS JOIN LATERAL (
    SELECT pt.partstrat = 'r' AND pt.partnatts = 1 AND EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = t.oid AND a.attnum = pt.partattrs[0]
          AND a.atttypid IN ('pg_catalog.date'::pg_catalog.regtype, 'pg_catalog.timestamp'::pg_catalog.regtype,
                             'pg_catalog.timestamptz'::pg_catalog.regtype)) AS is_time
) AS key
LEFT JOIN LATERAL (
    SELECT (pg_catalog.array_agg(r.lower ORDER BY r.lower DESC))[1] AS last_lower,
           (pg_catalog.array_agg(r.upper ORDER BY r.lower DESC))[1] AS last_upper,
           (pg_catalog.array_agg(r.upper_text ORDER BY r.lower DESC))[1] AS last_bound,
           (pg_catalog.array_agg(CASE WHEN r.is_month THEN '1 month'::pg_catalog.interval ELSE r.upper - r.lower END ORDER BY r.lower DESC))[1] AS step,
           (pg_catalog.array_agg(r.is_month ORDER BY r.lower DESC))[1] AS is_monthly,
           pg_catalog.count(*) FILTER (WHERE r.before < r.lower) AS gaps,
           (pg_catalog.array_agg(r.before_text || ' to ' || r.lower_text ORDER BY r.lower) FILTER (WHERE r.before < r.lower))[1] AS first_gap
    FROM (
        SELECT b.*, pg_catalog.lag(b.upper) OVER (ORDER BY b.lower) AS before,
               pg_catalog.lag(b.upper_text) OVER (ORDER BY b.lower) AS before_text,
               -- Months of UTC or of the zone that the bounds are shown in.
               b.lower_text ~ '^[0-9]{4}-[0-9]{2}-01( 00:00:00([+]00)?)?$' AND b.upper_text ~ '^[0-9]{4}-[0-9]{2}-01( 00:00:00([+]00)?)?$'
                   AND pg_catalog.left(b.lower_text, 10)::pg_catalog.date + '1 month'::pg_catalog.interval
                       = pg_catalog.left(b.upper_text, 10)::pg_catalog.date AS is_month
        FROM (
            SELECT x.part[1] AS lower_text, x.part[2] AS upper_text,
                   x.part[1]::pg_catalog.timestamptz AS lower, x.part[2]::pg_catalog.timestamptz AS upper
            FROM pg_catalog.pg_inherits AS i
            JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
            -- No relation is named, so that none is locked: a bound has no columns.
            CROSS JOIN LATERAL (
                SELECT CASE WHEN key.is_time THEN pg_catalog.regexp_match(
                    pg_catalog.pg_get_expr(c.relpartbound, 0::pg_catalog.oid),
                    '^FOR VALUES FROM [(]''([0-9][^'']*)''[)] TO [(]''([0-9][^'']*)''[)]$') END AS part
            ) AS x
            WHERE i.inhparent = t.oid AND x.part IS NOT NULL
        ) AS b
    ) AS r
    -- Where one partition cannot be read that way, nothing is said: it may be the last.
    HAVING pg_catalog.count(*) = (
        SELECT pg_catalog.count(*) FROM pg_catalog.pg_inherits AS i
        WHERE i.inhparent = t.oid AND i.inhrelid <> pt.partdefid)
) AS ranges ON true
WHERE t.relkind = 'p'
