-- What is to become of partitions that are being detached concurrently, or have just been: a row is committed with the mark of the server that
-- such a detach is under way, and goes with what it was kept for. Written from C alone; not dumped, for it is about tables by their OID.
CREATE TABLE warden_internal.partition_removal (
    partition pg_catalog.oid CONSTRAINT partition_removal_pkey PRIMARY KEY,
    table_oid pg_catalog.oid NOT NULL,
    partition_name pg_catalog.text NOT NULL,
    lower_bound pg_catalog.text NOT NULL,
    upper_bound pg_catalog.text NOT NULL,
    ended pg_catalog.int8 NOT NULL,    -- its upper bound, in microseconds since 1970
    removal pg_catalog.text NOT NULL,
    checks pg_catalog.text NOT NULL,   -- OIDs of the CHECK constraints that it had before
    at pg_catalog.timestamptz NOT NULL);
COMMENT ON TABLE warden_internal.partition_removal IS
    'pg_warden: what is to become of partitions that the worker has begun to detach; not dumped';
ALTER TABLE warden_internal.partition_removal REPLICA IDENTITY NOTHING;
