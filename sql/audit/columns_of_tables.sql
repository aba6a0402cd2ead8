-- Tables with what all of their columns together show. Partitions and other children have theirs from their parents.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    size.pages AS weight,
    t.relname AS table_name,
    c.column_count,
    -- The only column, where it is a number that the server gives and that nothing refers to.
    CASE WHEN c.column_count = 1 AND c.only_is_counted AND NOT EXISTS (
             SELECT FROM pg_catalog.pg_depend AS d
             JOIN pg_catalog.pg_constraint AS f ON f.oid = d.objid AND f.contype = 'f' AND f.confrelid = t.oid
             WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
               AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = t.oid)
         THEN (SELECT a.attname::pg_catalog.text FROM pg_catalog.pg_attribute AS a
               WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped) END AS lone_number,
    -- There is a primary key, and no other column must have a value: there are enough of them that one ought to.
    c.nullable_count >= 4 AND EXISTS (
        SELECT FROM pg_catalog.pg_index AS x
        WHERE x.indrelid = t.oid AND x.indisprimary AND x.indnkeyatts = c.column_count - c.nullable_count)
    AND NOT EXISTS (
        -- A CHECK that forbids NULL does the same.
        SELECT FROM pg_catalog.pg_constraint AS k
        WHERE k.conrelid = t.oid AND k.contype = 'c' AND pg_catalog.strpos(k.conbin::pg_catalog.text, ':nulltesttype 1 ') > 0)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS a
        JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid AND y.typnotnull
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped) AS is_all_nullable,
    series.first_name AS series_first,
    series.last_name AS series_last,
    size.rows AS table_rows,
    size.pages * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS table_bytes,
    layout.bytes_a_row,
    layout.bytes_a_row * size.rows AS wasted_bytes,
    layout.better_order,
    -- Gigabytes of rows that nobody counted.
    layout.bytes_a_row > 0 AND size.uncounted_bytes >= 1073741824 AS is_uncounted
FROM subject AS t
CROSS JOIN LATERAL (
    SELECT pg_catalog.count(*) AS column_count,
           pg_catalog.count(*) FILTER (WHERE NOT a.attnotnull) AS nullable_count,
           pg_catalog.bool_and(
               a.attidentity <> ''
               OR (a.atthasdef AND a.attgenerated = '' AND a.atttypid IN (
                   'pg_catalog.int4'::pg_catalog.regtype, 'pg_catalog.int8'::pg_catalog.regtype))) AS only_is_counted,
           pg_catalog.count(*) FILTER (
               WHERE pg_catalog.ascii(pg_catalog.right(a.attname::pg_catalog.text, 1)) BETWEEN 48 AND 57) AS numbered_count
    FROM pg_catalog.pg_attribute AS a
    WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
) AS c
-- Its own, or those of all its partitions. Asking for a size would wait behind whoever locks the table.
CROSS JOIN LATERAL (
    SELECT coalesce(pg_catalog.sum(m.relpages), 0)::pg_catalog.int8 AS pages,
           coalesce(pg_catalog.sum(greatest(m.reltuples::pg_catalog.float8, m.live, 0)), 0) AS rows,
           pg_catalog.sum(CASE WHEN m.reltuples < 0 AND m.live = 0 AND m.oid NOT IN (SELECT held.relation FROM held)
                               THEN pg_catalog.pg_relation_size(m.oid) END) AS uncounted_bytes
    FROM (
        SELECT t.oid, t.relpages, t.reltuples, pg_catalog.pg_stat_get_live_tuples(t.oid) AS live
        WHERE t.relkind = 'r'
        UNION ALL
        SELECT p.oid, p.relpages, p.reltuples, pg_catalog.pg_stat_get_live_tuples(p.oid)
        FROM tree
        JOIN pg_catalog.pg_class AS p ON p.oid = tree.member AND p.relkind = 'r'
        WHERE t.relkind = 'p' AND tree.root = t.oid
    ) AS m
) AS size
-- The longest series of columns of one type, numbered without a gap: phone1, phone2, phone3. Not lines of an address, nor parts of time
-- and of a distribution, of which there are as many as there are. Apart, as below, so that nothing of it is begun where there is none.
LEFT JOIN LATERAL (SELECT found.* FROM (
    SELECT (pg_catalog.array_agg(n.attname ORDER BY n.number))[1] AS first_name,
           (pg_catalog.array_agg(n.attname ORDER BY n.number DESC))[1] AS last_name
    FROM (
        SELECT a.attname, a.atttypid, m.parts[1] AS base, m.parts[2]::pg_catalog.int4 AS number
        FROM pg_catalog.pg_attribute AS a
        CROSS JOIN LATERAL pg_catalog.regexp_match(a.attname::pg_catalog.text, '^(.*[^0-9])([0-9]{1,2})$') AS m (parts)
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS n
    WHERE pg_catalog.length(pg_catalog.rtrim(n.base, '_')) >= 3
      AND pg_catalog.lower(n.base) !~ (
          '(^|_)(addr|address|bin|bucket|day|decile|dim|hour|level|line|month|percentile|period|quarter|quartile|street|tier|week|year|zone)_?$')
    GROUP BY n.base, n.atttypid
    HAVING pg_catalog.count(*) >= 3
       AND pg_catalog.min(n.number) IN (0, 1)
       AND pg_catalog.max(n.number) - pg_catalog.min(n.number) + 1 = pg_catalog.count(*)
       AND pg_catalog.count(DISTINCT n.number) = pg_catalog.count(*)
    ORDER BY pg_catalog.count(*) DESC, n.base
    LIMIT 1
) AS found WHERE c.numbered_count >= 3 OFFSET 0) AS series ON true
-- What lies between the columns of each row for the sake of alignment, and would not in another order. Only what is sure: from one column
-- to the next where both are always there and of a fixed length.
LEFT JOIN LATERAL (SELECT found.* FROM (
    WITH RECURSIVE stored AS (
        SELECT pg_catalog.row_number() OVER (ORDER BY a.attnum) AS place, a.attname, a.attnum, a.attlen, a.attlen > 0 AND a.attnotnull AS is_sure,
               CASE a.attalign WHEN 'd' THEN 8 WHEN 'i' THEN 4 WHEN 's' THEN 2 ELSE 1 END AS alignment
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
          -- Virtual columns, from 18 on, take no space.
          AND a.attgenerated <> 'v'
    ),
    -- The offset behind each column, modulo what is known of it.
    walk (place, behind, known, padding) AS (
        SELECT 0::pg_catalog.int8, 0, 8, 0
        UNION ALL
        SELECT s.place,
               CASE WHEN NOT s.is_sure THEN 0
                    WHEN w.known >= s.alignment THEN w.behind + pg_catalog.mod(s.alignment - pg_catalog.mod(w.behind, s.alignment), s.alignment)
                    ELSE 0 END + CASE WHEN s.is_sure THEN s.attlen ELSE 0 END,
               CASE WHEN NOT s.is_sure THEN 1 ELSE greatest(w.known, s.alignment) END,
               w.padding + CASE WHEN s.is_sure AND w.known >= s.alignment
                                THEN pg_catalog.mod(s.alignment - pg_catalog.mod(w.behind, s.alignment), s.alignment) ELSE 0 END
        FROM walk AS w
        JOIN stored AS s ON s.place = w.place + 1
    )
    SELECT
        -- A whole row is aligned to 8 bytes again. A long text, when it comes first behind the others, may need up to 3 or 7 before it.
        ((SELECT pg_catalog.max(w.padding) FROM walk AS w)
         - CASE WHEN pg_catalog.bool_or(s.attlen < 0 AND s.alignment = 8) THEN 7
                WHEN pg_catalog.bool_or(s.attlen < 0) THEN 3 ELSE 0 END) / 8 * 8 AS bytes_a_row,
        pg_catalog.string_agg(pg_catalog.quote_ident(s.attname), ', '
            ORDER BY s.attlen < 0, s.alignment DESC, s.attnum) AS better_order
    FROM stored AS s
    -- Types that are not as long as a multiple of their alignment pad the next in any order.
    HAVING NOT pg_catalog.bool_or(s.attlen > 0 AND pg_catalog.mod(s.attlen::pg_catalog.int4, s.alignment) <> 0)
) AS found WHERE size.rows >= 1000000 OR size.uncounted_bytes >= 1073741824 OFFSET 0) AS layout ON true
WHERE t.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = t.oid)
