-- The archiver, in one row.
SELECT
    0::pg_catalog.oid AS classid,
    0::pg_catalog.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    'archiver' AS identity,
    0::pg_catalog.int8 AS weight,
    a.failed_count,
    a.last_failed_wal,
    pg_catalog.current_setting('archive_mode') <> 'off'
        AND coalesce(a.last_failed_time > coalesce(a.last_archived_time, '-infinity'::pg_catalog.timestamptz), false) AS is_failing
FROM pg_catalog.pg_stat_archiver AS a
