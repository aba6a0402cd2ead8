-- Views that read as their owner, over tables whose policies do not hold for that owner, and materialized views over tables with policies,
-- where somebody else may read them.
WITH used AS MATERIALIZED (
    SELECT DISTINCT v.oid AS view_oid, v.relowner AS owner, v.relacl AS acl,
           t.oid AS table_oid, t.relname AS table_name, t.relowner AS table_owner, t.relacl AS table_acl
    FROM pg_catalog.pg_class AS v
    JOIN pg_catalog.pg_roles AS o ON o.oid = v.relowner
    JOIN pg_catalog.pg_rewrite AS r ON r.ev_class = v.oid AND r.ev_type = '1'
    JOIN pg_catalog.pg_depend AS d
      ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = r.oid
     AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
    JOIN pg_catalog.pg_class AS t ON t.oid = d.refobjid AND t.relkind IN ('r', 'p') AND t.relrowsecurity
    WHERE v.relkind IN ('v', 'm') AND v.relacl IS NOT NULL
      AND (v.relkind = 'm'
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
),
-- Few kinds of rights are many views' and tables'.
kind AS MATERIALIZED (
    SELECT x.owner, x.acl, x.table_owner, x.table_acl,
           EXISTS (
               SELECT
               FROM pg_catalog.aclexplode(x.acl) AS a
               JOIN grantee AS e ON e.owner = x.owner AND e.oid = a.grantee AND e.is_bound
               JOIN app AS p ON p.held = a.grantee AND NOT p.bypasses
               JOIN app AS q ON q.login = p.login AND NOT q.bypasses
               JOIN pg_catalog.aclexplode(x.table_acl) AS u ON u.grantee = q.held AND u.privilege_type = 'SELECT'
               WHERE a.privilege_type = 'SELECT'
                 AND NOT EXISTS (SELECT FROM app AS w WHERE w.login = p.login AND w.held IN (x.owner, x.table_owner))) AS is_read_too
    FROM (SELECT DISTINCT y.owner, y.acl, y.table_owner, y.table_acl FROM used AS y) AS x
)
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
JOIN user_schema AS n ON n.oid = v.relnamespace
JOIN pg_catalog.pg_roles AS o ON o.oid = v.relowner
JOIN (
    SELECT u.view_oid,
           pg_catalog.string_agg(pg_catalog.format('"%s"', u.table_name), ', ' ORDER BY u.table_name) AS protected_tables,
           -- Those of them that a reader of the view may read itself, and then sees fewer rows.
           pg_catalog.string_agg(pg_catalog.format('"%s"', u.table_name), ', ' ORDER BY u.table_name) FILTER (WHERE k.is_read_too) AS tables_read_too
    FROM used AS u
    JOIN kind AS k ON k.owner = u.owner AND k.acl = u.acl
                  AND k.table_owner = u.table_owner AND k.table_acl IS NOT DISTINCT FROM u.table_acl
    GROUP BY u.view_oid
) AS b ON b.view_oid = v.oid
WHERE ($2::pg_catalog.oid IS NULL OR v.oid = $2::pg_catalog.oid)
  AND NOT v.is_invoker
  -- Not as a join, which the planner, who knows not how many they are, would do one by one.
  AND (v.oid IN (
      SELECT a.oid FROM granted AS a
      JOIN grantee AS e ON e.owner = a.owner AND e.oid = a.grantee AND e.is_bound
      WHERE a.privilege_type = 'SELECT')) IS TRUE
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = v.oid AND d.deptype = 'e')
