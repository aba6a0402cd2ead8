-- Lines of the configuration files, as they are read now.
SELECT
    0::pg_catalog.oid AS classid,
    0::pg_catalog.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    -- Without its number, which changes with every line above it.
    pg_catalog.concat_ws(': ', pg_catalog.regexp_replace(f.sourcefile, '^.*/', ''), f.name) AS identity,
    0::pg_catalog.int8 AS weight,
    f.name,
    f.sourceline,
    pg_catalog.regexp_replace(f.sourcefile, '^.*/', '') AS file_name,
    -- What only waits for a restart is another matter.
    CASE WHEN NOT f.applied
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_settings AS g WHERE g.name = f.name AND g.pending_restart)
         THEN f.error END AS error
FROM pg_catalog.pg_file_settings AS f
