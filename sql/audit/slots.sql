-- Replication slots that outlive their session.
SELECT
    0::pg_catalog.oid AS classid,
    0::pg_catalog.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    'replication slot ' || pg_catalog.quote_ident(r.slot_name) AS identity,
    coalesce(kept.bytes, 0)::pg_catalog.int8 AS weight,
    r.slot_name,
    r.active,
    r.wal_status,
    kept.bytes AS retained_bytes,
    pg_catalog.current_setting('max_slot_wal_keep_size') = '-1' AS is_unlimited
FROM pg_catalog.pg_replication_slots AS r
CROSS JOIN LATERAL (
    SELECT pg_catalog.pg_wal_lsn_diff(
        CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() ELSE pg_catalog.pg_current_wal_lsn() END,
        r.restart_lsn)::pg_catalog.int8 AS bytes
) AS kept
WHERE NOT r.temporary
