-- Tables and foreign tables without row level security, in schemas where policies of two tables or more look at a column that these have as
-- well, and on which somebody has rights who is held to those policies.
WITH convention AS MATERIALIZED (
    -- Columns that keep rows apart. Not flags, nor what is a row's own number: that is one in each table.
    SELECT c.relnamespace, a.attname, a.atttypid, pg_catalog.array_agg(DISTINCT c.oid) AS tables
    FROM pg_catalog.pg_class AS c
    JOIN user_schema AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_policy AS q ON q.polrelid = c.oid AND q.polcmd IN ('r', '*')
    JOIN pg_catalog.pg_depend AS d
      ON d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass AND d.objid = q.oid
     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = c.oid AND d.refobjsubid > 0
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
    WHERE c.relrowsecurity AND NOT c.relispartition AND a.atttypid <> 'pg_catalog.bool'::pg_catalog.regtype
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_index AS x
          WHERE x.indrelid = c.oid AND x.indisunique AND x.indnkeyatts = 1 AND x.indkey[0] = a.attnum)
    GROUP BY c.relnamespace, a.attname, a.atttypid
    HAVING pg_catalog.count(DISTINCT c.oid) >= 2
),
-- Who reads rows of them, and is held to policies.
reader AS MATERIALIZED (
    SELECT g.oid, g.grantee
    FROM granted AS g
    JOIN grantee AS e ON e.owner = g.owner AND e.oid = g.grantee AND e.is_bound
    WHERE g.privilege_type IN ('SELECT', 'UPDATE', 'DELETE')
    GROUP BY g.oid, g.grantee
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    c.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    n.quoted || '.' || pg_catalog.quote_ident(c.relname) AS identity,
    c.relpages::pg_catalog.int8 AS weight,
    c.relname AS table_name,
    c.relkind = 'f' AS is_foreign,
    pg_catalog.min(k.attname::pg_catalog.text) AS column_name,
    pg_catalog.min(w.names) AS readers,
    pg_catalog.min(w.like_tables) AS like_tables
FROM pg_catalog.pg_class AS c
JOIN user_schema AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN convention AS k ON k.relnamespace = c.relnamespace AND k.attname = a.attname AND k.atttypid = a.atttypid
CROSS JOIN LATERAL (
    -- Those who are held to the policies of two of the tables.
    SELECT pg_catalog.string_agg(coalesce(pg_catalog.format('"%s"', o.rolname), 'everybody'), ', ' ORDER BY o.rolname) AS names,
           pg_catalog.min(v.like_tables) AS like_tables
    FROM reader AS r
    LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = r.grantee
    CROSS JOIN LATERAL (
        SELECT pg_catalog.count(*) AS tables,
               pg_catalog.string_agg(pg_catalog.format('"%s"', y.relname), ', ' ORDER BY y.relname) FILTER (WHERE y.nr <= 2)
                   || CASE WHEN pg_catalog.count(*) > 2 THEN pg_catalog.format(' and %s more', pg_catalog.count(*) - 2) ELSE '' END AS like_tables
        FROM (
            SELECT t.relname, pg_catalog.row_number() OVER (ORDER BY t.relname) AS nr
            FROM reader AS h
            JOIN pg_catalog.pg_class AS t ON t.oid = h.oid
            WHERE h.grantee = r.grantee AND h.oid = ANY (k.tables)
        ) AS y
    ) AS v
    WHERE r.oid = c.oid AND v.tables >= 2
) AS w
-- Where there is none, rights are not looked at.
WHERE (SELECT pg_catalog.count(*) > 0 FROM convention)
  AND c.relkind IN ('r', 'p', 'f')
  AND c.relpersistence <> 't'
  AND NOT c.relispartition
  AND NOT c.relrowsecurity
  AND c.relacl IS NOT NULL
  AND ($2::pg_catalog.oid IS NULL OR c.oid = $2::pg_catalog.oid)
  AND (c.tableoid, c.oid) NOT IN (SELECT x.classid, x.oid FROM extension_relation AS x)
  AND w.names IS NOT NULL
GROUP BY c.oid, n.quoted, c.relname, c.relkind, c.relpages
