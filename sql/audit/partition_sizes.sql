-- Tables that are partitioned by hash into parts of which six at least are known to hold something, and the largest of them. Ranges grow
-- with the business, and lists are as somebody wanted them.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    s.largest_pages AS weight,
    t.relname AS table_name,
    s.parts,
    s.largest_name,
    s.largest_identity,
    s.largest_pages::pg_catalog.float8 / s.median_pages AS ratio,
    s.largest_pages * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS largest_bytes,
    s.median_pages * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS median_bytes,
    -- No relation is named, so that none is locked: a bound has no columns.
    (SELECT pg_catalog.count(DISTINCT pg_catalog.substring(pg_catalog.pg_get_expr(c.relpartbound, 0::pg_catalog.oid), '[(]modulus ([0-9]+),')) = 1
     FROM pg_catalog.pg_inherits AS i
     JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
     WHERE i.inhparent = t.oid) AS is_even,
    -- NULL where the key holds an expression.
    CASE WHEN 0 <> ALL (pt.partattrs::pg_catalog.int2[]) THEN (
        SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY k.nr)
        FROM pg_catalog.unnest(pt.partattrs::pg_catalog.int2[]) WITH ORDINALITY AS k (attnum, nr)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = k.attnum) END AS key_columns
FROM subject AS t
JOIN pg_catalog.pg_partitioned_table AS pt ON pt.partrelid = t.oid AND pt.partstrat = 'h'
JOIN (
    SELECT p.parent, pg_catalog.count(*) AS parts,
           pg_catalog.max(p.pages) AS largest_pages,
           pg_catalog.percentile_disc(0.5) WITHIN GROUP (ORDER BY p.pages) AS median_pages,
           (pg_catalog.array_agg(p.relname ORDER BY p.pages DESC, p.relname))[1] AS largest_name,
           (pg_catalog.array_agg(p.identity ORDER BY p.pages DESC, p.relname))[1] AS largest_identity,
           (pg_catalog.array_agg(p.relkind ORDER BY p.pages DESC, p.relname))[1] AS largest_kind
    FROM (
        SELECT i.inhparent AS parent, c.relname, c.relkind,
               pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS identity,
               coalesce(g.pages, c.relpages)::pg_catalog.int8 AS pages
        FROM pg_catalog.pg_partitioned_table AS o
        JOIN pg_catalog.pg_inherits AS i ON i.inhparent = o.partrelid
        JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        LEFT JOIN tree_pages AS g ON g.root = c.oid
        WHERE o.partstrat = 'h'
    ) AS p
    -- Empty ones, and those that nobody counted, say nothing.
    WHERE p.pages > 0
    GROUP BY p.parent
    HAVING pg_catalog.count(*) >= 6
) AS s ON s.parent = t.oid
-- What is parted further already is dealt with.
WHERE s.largest_kind = 'r'
