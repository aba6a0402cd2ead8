-- Schemas of users, not an extension's. $2, a table, has none.
SELECT
    'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid AS classid,
    n.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    pg_catalog.quote_ident(n.nspname) AS identity,
    0::pg_catalog.int8 AS weight,
    n.nspname AS schema_name,
    pg_catalog.has_schema_privilege('public', n.oid, 'CREATE') AS public_may_create
FROM pg_catalog.pg_namespace AS n
WHERE n.nspname NOT IN ('information_schema', 'warden', 'warden_internal')
  AND pg_catalog.left(n.nspname::pg_catalog.text, 3) <> 'pg_'
  AND ($1::pg_catalog.oid[] IS NULL OR n.oid = ANY ($1::pg_catalog.oid[]))
  AND $2::pg_catalog.oid IS NULL
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid = n.oid AND d.deptype = 'e')
