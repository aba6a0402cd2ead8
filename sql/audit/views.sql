-- Views that read as their owner, over tables whose policies do not hold for that owner, and materialized views over tables with policies,
-- where somebody else may read them.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    v.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(v.relname) AS identity,
    v.relpages::pg_catalog.int8 AS weight,
    v.relname AS view_name,
    v.relkind = 'm' AS is_materialized,
    v.is_barrier,
    o.rolname AS owner_name,
    b.protected_tables,
    b.tables_read_too
FROM (
    SELECT c.oid, c.relname, c.relnamespace, c.relkind, c.relowner, c.relacl, c.relpages,
           coalesce(x.is_invoker, false) AS is_invoker, coalesce(x.is_barrier, false) AS is_barrier
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL (
        SELECT pg_catalog.bool_or(y.option_value::pg_catalog.bool) FILTER (WHERE y.option_name = 'security_invoker') AS is_invoker,
               pg_catalog.bool_or(y.option_value::pg_catalog.bool) FILTER (WHERE y.option_name = 'security_barrier') AS is_barrier
        FROM pg_catalog.pg_options_to_table(c.reloptions) AS y
        WHERE c.relkind = 'v' AND y.option_name IN ('security_invoker', 'security_barrier')
    ) AS x
    WHERE c.relkind IN ('v', 'm')
      AND c.relpersistence <> 't'
      AND c.relispopulated
      AND c.relacl IS NOT NULL
) AS v
JOIN pg_catalog.pg_namespace AS n ON n.oid = v.relnamespace
JOIN pg_catalog.pg_roles AS o ON o.oid = v.relowner
CROSS JOIN LATERAL (
    SELECT pg_catalog.string_agg(pg_catalog.format('"%s"', t.relname), ', ' ORDER BY t.relname) AS protected_tables,
           -- Those of them that a reader of the view may read itself, and then sees fewer rows.
           pg_catalog.string_agg(pg_catalog.format('"%s"', t.relname), ', ' ORDER BY t.relname) FILTER (WHERE EXISTS (
               SELECT
               FROM pg_catalog.aclexplode(v.relacl) AS a
               JOIN grantee AS e ON e.owner = v.relowner AND e.oid = a.grantee AND e.is_bound
               JOIN app AS p ON p.held = a.grantee AND NOT p.bypasses
               JOIN app AS q ON q.login = p.login AND NOT q.bypasses
               JOIN pg_catalog.aclexplode(t.relacl) AS u ON u.grantee = q.held AND u.privilege_type = 'SELECT'
               WHERE a.privilege_type = 'SELECT'
                 AND NOT EXISTS (SELECT FROM app AS w WHERE w.login = p.login AND w.held IN (v.relowner, t.relowner)))) AS tables_read_too
    FROM (
        SELECT DISTINCT d.refobjid
        FROM pg_catalog.pg_rewrite AS r
        JOIN pg_catalog.pg_depend AS d
          ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
         AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
        WHERE r.ev_class = v.oid AND r.ev_type = '1'
    ) AS used
    JOIN pg_catalog.pg_class AS t ON t.oid = used.refobjid AND t.relkind IN ('r', 'p') AND t.relrowsecurity
    WHERE (v.relkind = 'm'
           OR o.rolsuper OR o.rolbypassrls
           OR (pg_catalog.pg_has_role(v.relowner, t.relowner, 'USAGE') AND NOT t.relforcerowsecurity))
      -- What all may see is no secret: a policy for reading that is simply true, and none that narrows it.
      AND (EXISTS (
               SELECT FROM pg_catalog.pg_policy AS q
               WHERE q.polrelid = t.oid AND q.polcmd IN ('r', '*') AND NOT q.polpermissive)
           OR NOT EXISTS (
               SELECT FROM pg_catalog.pg_policy AS q
               WHERE q.polrelid = t.oid AND q.polcmd IN ('r', '*') AND q.polpermissive AND 0::pg_catalog.oid = ANY (q.polroles)
                 AND q.polqual::pg_catalog.text
                     ~ '^[{]CONST :consttype 16 [^{}]* :constisnull false [^{}]* :constvalue 1 [[] (0 )*1 (0 )*[]][}]$'))
) AS b
WHERE n.nspname NOT IN ('information_schema', 'warden', 'warden_internal')
  AND pg_catalog.left(n.nspname::pg_catalog.text, 3) <> 'pg_'
  AND ($1::pg_catalog.oid[] IS NULL OR n.oid = ANY ($1::pg_catalog.oid[]))
  AND ($2::pg_catalog.oid IS NULL OR v.oid = $2::pg_catalog.oid)
  AND NOT v.is_invoker
  AND v.oid IN (
      SELECT a.oid FROM granted AS a
      JOIN grantee AS e ON e.owner = a.owner AND e.oid = a.grantee AND e.is_bound
      WHERE a.privilege_type = 'SELECT')
  AND b.protected_tables IS NOT NULL
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = v.oid AND d.deptype = 'e')
