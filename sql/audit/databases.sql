-- Databases of the server, whichever this one is.
SELECT
    'pg_catalog.pg_database'::pg_catalog.regclass::pg_catalog.oid AS classid,
    d.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    'database ' || pg_catalog.quote_ident(d.datname) AS identity,
    0::pg_catalog.int8 AS weight,
    d.datname AS database_name,
    d.datname = 'template0' AS is_template0,
    d.datallowconn AS allows_connections
FROM pg_catalog.pg_database AS d
