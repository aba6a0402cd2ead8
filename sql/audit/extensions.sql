-- Extensions of this database.
SELECT
    'pg_catalog.pg_extension'::pg_catalog.regclass::pg_catalog.oid AS classid,
    e.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    'extension ' || pg_catalog.quote_ident(e.extname) AS identity,
    0::pg_catalog.int8 AS weight,
    e.extname AS extension_name,
    e.extversion AS installed,
    a.default_version AS available
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_available_extensions AS a ON a.name = e.extname
