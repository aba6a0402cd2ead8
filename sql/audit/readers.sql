-- Schemas whose tables are one role's, and whom it lets read all of them, but not those to come. $2, a table, has none.
WITH own_table AS (
    -- Partitions are read through their parent.
    SELECT t.oid, t.schema_oid, t.relowner, t.relpages FROM subject AS t WHERE t.relkind IN ('r', 'p') AND NOT t.relispartition
),
one_owner AS MATERIALIZED (
    SELECT t.schema_oid, pg_catalog.min(t.relowner) AS owner, pg_catalog.count(*) AS tables, pg_catalog.sum(t.relpages) AS pages
    FROM own_table AS t
    GROUP BY t.schema_oid
    HAVING pg_catalog.count(*) >= 5 AND pg_catalog.min(t.relowner) = pg_catalog.max(t.relowner)
),
reader AS MATERIALIZED (
    SELECT x.schema_oid, x.role,
           pg_catalog.bool_or(x.right_name = 'SELECT') AS reads,
           pg_catalog.string_agg(x.right_name, ', ' ORDER BY x.nr) AS rights
    FROM (
        SELECT o.schema_oid, g.grantee AS role, k.right_name, k.nr
        FROM granted AS g
        JOIN pg_catalog.pg_class AS c ON c.oid = g.oid
        JOIN one_owner AS o ON o.schema_oid = c.relnamespace
        -- Somebody comes in by it who cannot be the owner as well.
        JOIN grantee AS e ON e.owner = g.owner AND e.oid = g.grantee
        JOIN (VALUES (1, 'SELECT'), (2, 'INSERT'), (3, 'UPDATE'), (4, 'DELETE')) AS k (nr, right_name) ON k.right_name = g.privilege_type
        WHERE g.grantee <> 0
          -- Not as a join: the rights could be looked through once a table.
          AND (g.oid IN (SELECT t.oid FROM own_table AS t)) IS TRUE
        GROUP BY o.schema_oid, o.tables, g.grantee, k.right_name, k.nr
        HAVING pg_catalog.count(DISTINCT g.oid) = o.tables
    ) AS x
    GROUP BY x.schema_oid, x.role
)
SELECT
    'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid AS classid,
    n.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    pg_catalog.quote_ident(n.nspname) AS identity,
    o.pages::pg_catalog.int8 AS weight,
    n.nspname AS schema_name,
    r.rolname AS owner_name,
    o.tables,
    w.names,
    w.grants
FROM one_owner AS o
JOIN pg_catalog.pg_namespace AS n ON n.oid = o.schema_oid
JOIN pg_catalog.pg_roles AS r ON r.oid = o.owner
CROSS JOIN LATERAL (
    SELECT pg_catalog.string_agg(pg_catalog.format('"%s"', a.rolname), ', ' ORDER BY a.rolname) AS names,
           pg_catalog.string_agg(
               pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT %s ON TABLES TO %I;', r.rolname, n.nspname, d.rights, a.rolname),
               ' ' ORDER BY a.rolname) AS grants
    FROM reader AS d
    JOIN pg_catalog.pg_roles AS a ON a.oid = d.role
    WHERE d.schema_oid = o.schema_oid AND d.reads
      AND pg_catalog.has_schema_privilege(d.role, n.oid, 'USAGE')
      AND NOT pg_catalog.pg_has_role(d.role, o.owner, 'USAGE')
      AND NOT pg_catalog.pg_has_role(d.role, 'pg_read_all_data', 'USAGE')
      -- Of the owner, or of one who may make tables and give them to it.
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_default_acl AS f
          CROSS JOIN LATERAL pg_catalog.aclexplode(f.defaclacl) AS g
          WHERE f.defaclobjtype = 'r' AND f.defaclnamespace IN (0, n.oid) AND g.privilege_type = 'SELECT'
            AND pg_catalog.pg_has_role(f.defaclrole, o.owner, 'MEMBER')
            AND CASE g.grantee WHEN 0 THEN true ELSE pg_catalog.pg_has_role(d.role, g.grantee, 'USAGE') END)
) AS w
WHERE $2::pg_catalog.oid IS NULL AND w.names IS NOT NULL
