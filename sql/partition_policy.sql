CREATE TABLE warden_internal.partition_policy (
    table_name pg_catalog.regclass CONSTRAINT partition_policy_pkey PRIMARY KEY,   -- follows a rename; dumped as a name
    partition_interval pg_catalog."interval" NOT NULL, premake pg_catalog.int4 NOT NULL,
    retention pg_catalog."interval", retention_action pg_catalog.text NOT NULL, archive_schema pg_catalog.text,
    time_zone pg_catalog.text NOT NULL, anchor pg_catalog."timestamp", key_encoding pg_catalog.text NOT NULL,
    default_partition pg_catalog.text NOT NULL, name_format pg_catalog.text, tablespace pg_catalog.text, storage_parameters pg_catalog.text,
    copy_grants pg_catalog.bool NOT NULL, enabled pg_catalog.bool NOT NULL,
    set_at pg_catalog.timestamptz NOT NULL, set_by pg_catalog.text NOT NULL);
