-- How the passwords of roles are kept: not one of them is shown.
SELECT
    'pg_catalog.pg_authid'::pg_catalog.regclass::pg_catalog.oid AS classid,
    r.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    'role ' || pg_catalog.quote_ident(r.rolname) AS identity,
    0::pg_catalog.int8 AS weight,
    r.rolname AS role_name,
    pg_catalog.starts_with(r.rolpassword, 'md5') AS is_md5,
    r.rolcanlogin AS can_login,
    coalesce(r.rolvaliduntil = 'infinity', true) AS is_for_ever
FROM pg_catalog.pg_authid AS r
WHERE r.rolpassword IS NOT NULL
