-- Who receives the log of this server, and how far behind that is.
SELECT
    0::pg_catalog.oid AS classid,
    0::pg_catalog.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    'standby ' || pg_catalog.quote_ident(w.application_name) AS identity,
    greatest(behind.received_bytes, behind.replayed_bytes)::pg_catalog.int8 AS weight,
    w.application_name AS standby_name,
    behind.received_bytes,
    behind.replayed_bytes
FROM pg_catalog.pg_stat_replication AS w
CROSS JOIN (
    SELECT CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_current_wal_lsn() END AS lsn
) AS here
CROSS JOIN LATERAL (
    SELECT pg_catalog.pg_wal_lsn_diff(here.lsn, w.flush_lsn) AS received_bytes,
           pg_catalog.pg_wal_lsn_diff(here.lsn, w.replay_lsn) AS replayed_bytes
) AS behind
-- Not those that are only beginning, nor backups.
WHERE w.state IN ('catchup', 'streaming')
