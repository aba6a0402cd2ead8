-- Extensions of this database.
SELECT
    'pg_catalog.pg_extension'::pg_catalog.regclass::pg_catalog.oid AS classid,
    e.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    'extension ' || pg_catalog.quote_ident(e.extname) AS identity,
    0::pg_catalog.int8 AS weight,
    e.extname AS extension_name,
    e.extversion AS installed,
    a.default_version AS available,
    n.nspname AS schema_name,
    e.extrelocatable AS is_relocatable,
    (SELECT pg_catalog.string_agg(l.lanname, ', ' ORDER BY l.lanname)
     FROM pg_catalog.pg_depend AS d
     JOIN pg_catalog.pg_language AS l ON l.oid = d.objid AND l.lanispl AND NOT l.lanpltrusted
     WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid
       AND d.classid = 'pg_catalog.pg_language'::pg_catalog.regclass AND d.deptype = 'e') AS untrusted_languages,
    -- Tables of users are in its schema, too.
    EXISTS (SELECT FROM subject AS t WHERE t.schema_oid = e.extnamespace) AS has_company
FROM pg_catalog.pg_extension AS e
JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
LEFT JOIN pg_catalog.pg_available_extensions AS a ON a.name = e.extname
