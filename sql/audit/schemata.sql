-- Schemas of users, not an extension's, and whose the tables in them are. $2, a table, has none.
WITH owned AS MATERIALIZED (
    SELECT x.schema_oid, x.owner, r.rolname AS owner_name, r.rolsuper AS owner_is_superuser, x.tables,
           pg_catalog.sum(x.tables) OVER whole AS tables_of_all,
           pg_catalog.sum(x.pages) OVER whole AS pages,
           pg_catalog.row_number() OVER (PARTITION BY x.schema_oid ORDER BY x.tables DESC, r.rolsuper, r.rolname) AS nr
    FROM (
        SELECT t.schema_oid, t.relowner AS owner, pg_catalog.count(*) AS tables, pg_catalog.sum(t.relpages) AS pages
        FROM subject AS t
        GROUP BY t.schema_oid, t.relowner
    ) AS x
    JOIN pg_catalog.pg_roles AS r ON r.oid = x.owner
    WINDOW whole AS (PARTITION BY x.schema_oid)
)
SELECT
    'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid AS classid,
    n.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    pg_catalog.quote_ident(n.nspname) AS identity,
    coalesce(w.pages, 0)::pg_catalog.int8 AS weight,
    n.nspname AS schema_name,
    pg_catalog.has_schema_privilege('public', n.oid, 'CREATE') AS public_may_create,
    o.rolname AS owner_name,
    o.rolsuper AS owner_is_superuser,
    -- Who that is depends on the database.
    o.rolname = 'pg_database_owner' AS is_database_owners,
    -- The role that owns most tables.
    w.owner_name AS tables_owner_name,
    w.owner_is_superuser AS tables_owner_is_superuser,
    w.tables,
    w.tables_of_all,
    -- Those of others that it has no right to alter.
    coalesce(z.tables, 0) AS others_tables,
    z.owners AS others,
    -- All are one role's, which cannot be the schema's owner as well, nor the other way round.
    w.tables = w.tables_of_all
        AND NOT pg_catalog.pg_has_role(w.owner, n.nspowner, 'MEMBER')
        AND NOT pg_catalog.pg_has_role(n.nspowner, w.owner, 'MEMBER') AS is_mismatch,
    -- Roles that the schema is granted to, through which somebody comes in who cannot be its owner as well.
    (SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('"%s"', r.rolname), ', ')
     FROM pg_catalog.aclexplode(n.nspacl) AS a
     JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
     WHERE a.privilege_type = 'USAGE'
       AND EXISTS (
           SELECT FROM app AS p
           WHERE p.held = a.grantee
             AND NOT EXISTS (SELECT FROM app AS q WHERE q.login = p.login AND q.held = n.nspowner))) AS users
FROM user_schema AS u
JOIN pg_catalog.pg_namespace AS n ON n.oid = u.oid
JOIN pg_catalog.pg_roles AS o ON o.oid = n.nspowner
LEFT JOIN owned AS w ON w.schema_oid = n.oid AND w.nr = 1
LEFT JOIN (
    SELECT x.schema_oid, pg_catalog.sum(x.tables) AS tables,
           pg_catalog.string_agg(pg_catalog.format('"%s"', x.owner_name), ', ' ORDER BY x.owner_name) AS owners
    FROM owned AS x
    JOIN owned AS m ON m.schema_oid = x.schema_oid AND m.nr = 1
    WHERE x.nr > 1 AND NOT pg_catalog.pg_has_role(m.owner, x.owner, 'USAGE')
    GROUP BY x.schema_oid
) AS z ON z.schema_oid = n.oid
WHERE $2::pg_catalog.oid IS NULL
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid = n.oid AND d.deptype = 'e')
