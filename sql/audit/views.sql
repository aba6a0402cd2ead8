-- Views that read as their owner, over tables whose policies do not hold for that owner. $2, a table, has none.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    v.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(v.relname) AS identity,
    0::pg_catalog.int8 AS weight,
    v.relname AS view_name,
    o.rolname AS owner_name,
    (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('"%s"', t.relname), ', ')
     FROM pg_catalog.pg_rewrite AS r
     JOIN pg_catalog.pg_depend AS d
       ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
     JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid AND t.relkind IN ('r', 'p') AND t.relrowsecurity
     WHERE r.ev_class = v.oid
       AND (o.rolsuper OR o.rolbypassrls OR (t.relowner = v.relowner AND NOT t.relforcerowsecurity))) AS protected_tables
FROM pg_catalog.pg_class AS v
JOIN pg_catalog.pg_namespace AS n ON n.oid = v.relnamespace
JOIN pg_catalog.pg_roles AS o ON o.oid = v.relowner
WHERE v.relkind = 'v'
  AND v.relpersistence <> 't'
  AND n.nspname NOT IN ('information_schema', 'warden', 'warden_internal')
  AND pg_catalog.left(n.nspname::pg_catalog.text, 3) <> 'pg_'
  AND ($1::pg_catalog.oid[] IS NULL OR n.oid = ANY ($1::pg_catalog.oid[]))
  AND $2::pg_catalog.oid IS NULL
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_options_to_table(v.reloptions) AS x
      WHERE x.option_name = 'security_invoker' AND x.option_value::pg_catalog.bool)
  -- Somebody else may read it.
  AND EXISTS (
      SELECT FROM pg_catalog.aclexplode(v.relacl) AS a
      WHERE a.privilege_type = 'SELECT' AND a.grantee <> v.relowner)
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = v.oid AND d.deptype = 'e')
