-- The tables whose partitions are managed, and what is wanted of each. Written from C by functions that ask who may, but for pg_restore.
CREATE TABLE warden_internal.partition_policy (
    table_name pg_catalog.regclass CONSTRAINT partition_policy_pkey PRIMARY KEY,   -- follows a rename; dumped as a name
    partition_interval pg_catalog."interval" NOT NULL, premake pg_catalog.int4 NOT NULL,
    retention pg_catalog."interval", retention_action pg_catalog.text NOT NULL, archive_schema pg_catalog.text,
    time_zone pg_catalog.text NOT NULL, anchor pg_catalog."timestamp", key_encoding pg_catalog.text NOT NULL,
    default_partition pg_catalog.text NOT NULL, name_format pg_catalog.text, tablespace pg_catalog.text, storage_parameters pg_catalog.text,
    copy_grants pg_catalog.bool NOT NULL, enabled pg_catalog.bool NOT NULL,
    set_at pg_catalog.timestamptz NOT NULL, set_by pg_catalog.text NOT NULL);
COMMENT ON TABLE warden_internal.partition_policy IS 'pg_warden: what warden.manage_partitions keeps; see warden.partition_policies';
ALTER TABLE warden_internal.partition_policy REPLICA IDENTITY NOTHING;

-- A row of a table that is gone would be dumped as a number, and meet another table where it is restored.
SELECT pg_catalog.pg_extension_config_dump('warden_internal.partition_policy',
    'WHERE EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.oid OPERATOR(pg_catalog.=) table_name)');

-- Everybody sees the tables they own, by themselves or as a member; who sees all tables is pg_monitor.
CREATE FUNCTION warden_internal.sees_partitions_of(owner pg_catalog.oid) RETURNS pg_catalog.bool LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT pg_catalog.pg_has_role(owner, 'USAGE') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE');
END;
COMMENT ON FUNCTION warden_internal.sees_partitions_of(pg_catalog.oid) IS 'pg_warden: whether the caller may see policy and log of a table of this owner';
