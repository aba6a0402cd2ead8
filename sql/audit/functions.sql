-- Functions and procedures of users that run as their owner: not the system's, not pg_warden's, not an extension's. $2, a table, has none.
WITH callers AS MATERIALIZED (
    -- Few kinds of rights are many functions'.
    SELECT x.pronamespace, x.proowner, x.proacl,
           EXISTS (
               SELECT
               FROM pg_catalog.aclexplode(coalesce(x.proacl, pg_catalog.acldefault('f', x.proowner))) AS a
               JOIN app AS p ON p.held = a.grantee
               JOIN app AS q ON q.login = p.login
               JOIN pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) AS u
                 ON u.grantee = q.held AND u.privilege_type = 'USAGE'
               WHERE a.privilege_type = 'EXECUTE'
                 AND NOT EXISTS (SELECT FROM app AS w WHERE w.login = p.login AND w.held = x.proowner)) AS others_may_execute
    FROM (SELECT DISTINCT f.pronamespace, f.proowner, f.proacl FROM pg_catalog.pg_proc AS f WHERE f.prosecdef) AS x
    JOIN pg_catalog.pg_namespace AS n ON n.oid = x.pronamespace
)
SELECT
    'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid AS classid,
    f.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    name.signature AS identity,
    0::pg_catalog.int8 AS weight,
    f.proname AS function_name,
    name.signature,
    CASE f.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END AS kind,
    CASE f.prokind WHEN 'p' THEN 'procedure' ELSE 'function' END AS noun,
    o.rolname AS owner_name,
    o.rolsuper AS owner_is_superuser,
    f.prosecdef AS is_definer,
    f.prorettype IN ('pg_catalog.trigger'::pg_catalog.regtype, 'pg_catalog.event_trigger'::pg_catalog.regtype) AS is_trigger,
    -- It looks no names up when it runs: it did when it was made, or it is compiled.
    f.prosqlbody IS NOT NULL OR l.lanname IN ('internal', 'c') AS is_parsed,
    pinned.setting IS NOT NULL AS has_search_path,
    pg_catalog.has_function_privilege('public', f.oid, 'EXECUTE')
        AND pg_catalog.has_schema_privilege('public', n.oid, 'USAGE') AS public_may_execute,
    -- Somebody who cannot be the owner as well may call it.
    k.others_may_execute,
    -- Or has it called: by a change of a table with a trigger, or by the statements of an event trigger.
    EXISTS (
        SELECT
        FROM pg_catalog.pg_depend AS d
        JOIN pg_catalog.pg_trigger AS g ON g.oid = d.objid AND g.tgfoid = f.oid AND g.tgenabled <> 'D'
        JOIN pg_catalog.pg_class AS c ON c.oid = g.tgrelid
        CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(c.relacl, pg_catalog.acldefault('r', c.relowner))) AS a
        JOIN app AS p ON p.held = a.grantee
        WHERE d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.refobjid = f.oid AND d.refobjsubid = 0
          AND d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass
          AND a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE')
          AND NOT EXISTS (SELECT FROM app AS w WHERE w.login = p.login AND w.held = f.proowner))
    OR EXISTS (
        SELECT FROM pg_catalog.pg_event_trigger AS g
        WHERE g.evtfoid = f.oid AND g.evtenabled <> 'D') AS others_fire_it,
    path.names AS path_names,
    -- Roles, but not everybody, that may create in a schema of its path, with somebody who cannot be its owner as well.
    writers.roles AS path_writers,
    writers.schemas AS writable_schemas,
    -- It finds tables that it names without their schema among the caller's temporary ones first.
    path.has_schema AND NOT path.has_temporary
        AND pg_catalog.has_database_privilege('public', pg_catalog.current_database(), 'TEMPORARY') AS is_temporary_first
FROM pg_catalog.pg_proc AS f
JOIN user_schema AS n ON n.oid = f.pronamespace
JOIN pg_catalog.pg_roles AS o ON o.oid = f.proowner
JOIN pg_catalog.pg_language AS l ON l.oid = f.prolang
JOIN callers AS k ON k.pronamespace = f.pronamespace AND k.proowner = f.proowner AND k.proacl IS NOT DISTINCT FROM f.proacl
CROSS JOIN LATERAL (
    SELECT pg_catalog.format('%I.%I(%s)', n.nspname, f.proname, pg_catalog.pg_get_function_identity_arguments(f.oid)) AS signature
) AS name
CROSS JOIN LATERAL (
    SELECT pg_catalog.max(pg_catalog.substr(c.assignment, 13)) AS setting
    FROM pg_catalog.unnest(f.proconfig) AS c (assignment)
    WHERE pg_catalog.starts_with(c.assignment, 'search_path=')
) AS pinned
CROSS JOIN LATERAL (
    SELECT pg_catalog.string_agg(pg_catalog.quote_ident(e.name), ', ' ORDER BY e.nr) AS names,
           pg_catalog.array_agg(CASE e.name WHEN '$user' THEN o.rolname ELSE e.name::pg_catalog.name END) AS schemas,
           coalesce(pg_catalog.bool_or(e.name = 'pg_temp'), false) AS has_temporary,
           coalesce(pg_catalog.bool_or(
               e.name <> '' AND pg_catalog.left(e.name, 3) <> 'pg_' AND e.name <> 'information_schema'), false) AS has_schema
    FROM (
        SELECT coalesce(pg_catalog.replace(m.part[1], '""', '"'), pg_catalog.lower(m.part[2])) AS name, m.nr
        FROM pg_catalog.regexp_matches(pinned.setting, '"((?:[^"]|"")*)"|([^", ]+)', 'g') WITH ORDINALITY AS m (part, nr)
    ) AS e
) AS path
CROSS JOIN LATERAL (
    SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('"%s"', r.rolname), ', ') AS roles,
           pg_catalog.string_agg(DISTINCT pg_catalog.format('"%s"', s.nspname), ', ') AS schemas
    FROM pg_catalog.pg_namespace AS s
    CROSS JOIN LATERAL pg_catalog.aclexplode(coalesce(s.nspacl, pg_catalog.acldefault('n', s.nspowner))) AS a
    JOIN app AS p ON p.held = a.grantee AND p.login <> 0
    JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
    WHERE s.nspname = ANY (path.schemas)
      AND pg_catalog.left(s.nspname::pg_catalog.text, 3) <> 'pg_'
      AND a.privilege_type = 'CREATE' AND a.grantee <> 0
      AND NOT EXISTS (SELECT FROM app AS w WHERE w.login = p.login AND w.held = f.proowner)
) AS writers
WHERE f.prosecdef
  AND $2::pg_catalog.oid IS NULL
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = f.oid AND d.deptype = 'e')
