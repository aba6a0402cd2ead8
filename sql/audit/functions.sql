-- Functions and procedures of users: not the system's, not pg_warden's, not an extension's. $2, a table, has none.
SELECT
    'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid AS classid,
    f.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    name.signature AS identity,
    0::pg_catalog.int8 AS weight,
    f.proname AS function_name,
    name.signature,
    CASE f.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS kind,
    o.rolname AS owner_name,
    f.prosecdef AS is_definer,
    f.prorettype IN ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype) AS is_trigger,
    -- Its names were looked up when it was made.
    f.prosqlbody IS NOT NULL AS is_parsed,
    EXISTS (
        SELECT FROM pg_catalog.unnest(f.proconfig) AS c (assignment)
        WHERE pg_catalog.starts_with(c.assignment, 'search_path=')) AS has_search_path,
    pg_catalog.has_function_privilege('public', f.oid, 'EXECUTE')
        AND pg_catalog.has_schema_privilege('public', n.oid, 'USAGE') AS public_may_execute
FROM pg_catalog.pg_proc AS f
JOIN pg_catalog.pg_namespace AS n ON n.oid = f.pronamespace
JOIN pg_catalog.pg_roles AS o ON o.oid = f.proowner
CROSS JOIN LATERAL (
    SELECT pg_catalog.format('%I.%I(%s)', n.nspname, f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid)) AS signature
) AS name
WHERE f.prosecdef
  AND n.nspname NOT IN ('information_schema', 'warden', 'warden_internal')
  AND pg_catalog.left(n.nspname::pg_catalog.text, 3) <> 'pg_'
  AND ($1::pg_catalog.oid[] IS NULL OR n.oid = ANY ($1::pg_catalog.oid[]))
  AND $2::pg_catalog.oid IS NULL
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = f.oid AND d.deptype = 'e')
