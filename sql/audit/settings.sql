-- Settings as a new session of this database and role gets them, before it changes any.
SELECT
    0::pg_catalog.oid AS classid,
    0::pg_catalog.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    g.name AS identity,
    0::pg_catalog.int8 AS weight,
    g.name,
    g.reset_val AS value,
    g.boot_val AS built_in_value,
    g.pending_restart,
    -- The file is shown to those alone who may read all settings.
    CASE g.source
        WHEN 'database' THEN 'ALTER DATABASE'
        WHEN 'user' THEN 'ALTER ROLE'
        WHEN 'database user' THEN 'ALTER ROLE ... IN DATABASE'
        WHEN 'global' THEN 'ALTER ROLE ALL'
        ELSE coalesce(g.sourcefile || ' line ' || g.sourceline, g.source) END AS place
FROM pg_catalog.pg_settings AS g
