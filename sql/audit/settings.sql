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
    g.unit,
    g.source,
    g.sourcefile,
    g.sourceline,
    g.pending_restart
FROM pg_catalog.pg_settings AS g
