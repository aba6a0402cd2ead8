-- When partitions are maintained without anybody calling: one row, written from C by warden.schedule_partition_maintenance and by
-- the worker that heeds it. Not dumped: a copy of the database elsewhere is to be scheduled there.

CREATE TABLE warden_internal.partition_schedule (
    scheduler pg_catalog.text COLLATE pg_catalog."C" CONSTRAINT partition_schedule_pkey PRIMARY KEY
        CONSTRAINT partition_schedule_scheduler_check CHECK (scheduler OPERATOR(pg_catalog.=) ANY (ARRAY['pg_cron', 'worker'])),
    every pg_catalog."interval" NOT NULL,
    job pg_catalog.text,
    last_started pg_catalog.timestamptz,
    set_at pg_catalog.timestamptz NOT NULL,
    set_by pg_catalog.text NOT NULL
);
COMMENT ON TABLE warden_internal.partition_schedule IS
    'pg_warden: when partitions are maintained, by warden.schedule_partition_maintenance; not dumped';
ALTER TABLE warden_internal.partition_schedule REPLICA IDENTITY NOTHING;
