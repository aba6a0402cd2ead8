-- Tables, views and the like on whose rows PUBLIC has rights, in schemas that it may use. Where row level security is on, policies decide.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    c.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) AS identity,
    c.relpages::pg_catalog.int8 AS weight,
    c.relname AS relation_name,
    g.reads,
    g.writes,
    g.privileges
FROM pg_catalog.pg_class AS c
JOIN user_schema AS n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
    SELECT pg_catalog.bool_or(a.privilege_type = 'SELECT' AND c.relkind <> 'v') AS reads,
           pg_catalog.bool_or(a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') AND c.relkind <> 'm') AS writes,
           -- What is to be taken away: a view is often made to be read by all.
           pg_catalog.string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)
               FILTER (WHERE a.privilege_type <> 'SELECT' OR c.relkind <> 'v') AS privileges
    FROM pg_catalog.aclexplode(c.relacl) AS a
    WHERE a.grantee = 0
) AS g
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND c.relacl IS NOT NULL
  AND c.relpersistence <> 't'
  AND NOT c.relispartition
  AND NOT c.relrowsecurity
  AND ($2::pg_catalog.oid IS NULL OR c.oid = $2::pg_catalog.oid)
  AND (g.reads OR g.writes)
  AND pg_catalog.has_schema_privilege('public', n.oid, 'USAGE')
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e')
