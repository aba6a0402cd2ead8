-- Roles, but for those that the server brings.
SELECT
    'pg_catalog.pg_authid'::pg_catalog.regclass::pg_catalog.oid AS classid,
    r.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    'role ' || pg_catalog.quote_ident(r.rolname) AS identity,
    0::pg_catalog.int8 AS weight,
    r.rolname AS role_name,
    r.rolsuper AS is_superuser,
    r.rolcanlogin AS can_login,
    -- BOOTSTRAP_SUPERUSERID: the role that initdb makes.
    r.oid = 10 AS is_bootstrap,
    -- What lets it run programs on the machine or touch files there, through other roles too.
    (SELECT pg_catalog.string_agg(p.rolname, ', ' ORDER BY p.rolname)
     FROM pg_catalog.pg_roles AS p
     WHERE p.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')
       AND pg_catalog.pg_has_role(r.oid, p.oid, 'MEMBER')) AS powers,
    (SELECT pg_catalog.string_agg(p.rolname, ', ' ORDER BY p.rolname)
     FROM pg_catalog.pg_auth_members AS m
     JOIN pg_catalog.pg_roles AS p ON p.oid = m.roleid
     WHERE m.member = r.oid
       AND p.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files')) AS direct_powers
FROM pg_catalog.pg_roles AS r
WHERE pg_catalog.left(r.rolname::pg_catalog.text, 3) <> 'pg_'
