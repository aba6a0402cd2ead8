-- One row for each thing that maintenance did or could not do, and one with action 'run' at the end of each run.
CREATE TABLE warden_internal.partition_log (
    id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY CONSTRAINT partition_log_pkey PRIMARY KEY,
    at pg_catalog.timestamptz NOT NULL,
    run_at pg_catalog.timestamptz NOT NULL,
    table_oid pg_catalog.oid NOT NULL,   -- 0: of a run for all tables
    table_name pg_catalog.text,
    action pg_catalog.text NOT NULL,
    partition pg_catalog.text,
    sql pg_catalog.text,
    status pg_catalog.text NOT NULL,
    sqlstate pg_catalog.text,
    detail pg_catalog.text,
    duration_us pg_catalog.int8,
    lock_wait_us pg_catalog.int8,
    role pg_catalog.text NOT NULL,
    source pg_catalog.text NOT NULL);
CREATE INDEX partition_log_at_idx ON warden_internal.partition_log (at);
CREATE INDEX partition_log_table_oid_idx ON warden_internal.partition_log (table_oid, run_at);
COMMENT ON TABLE warden_internal.partition_log IS 'pg_warden: what became of partition maintenance, 90 days back; see warden.partition_log; not dumped';
ALTER TABLE warden_internal.partition_log REPLICA IDENTITY NOTHING;

CREATE VIEW warden.partition_log WITH (security_barrier = true) AS
    SELECT l.at, l.table_name, l.action, l.partition, l.sql, l.status, l.sqlstate, l.detail,
           (l.duration_us OPERATOR(pg_catalog./) 1000.0)::pg_catalog."numeric"(20, 3) AS duration_ms,
           (l.lock_wait_us OPERATOR(pg_catalog./) 1000.0)::pg_catalog."numeric"(20, 3) AS lock_wait_ms,
           l.role, l.source, l.run_at, l.id
    FROM warden_internal.partition_log AS l
    LEFT JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) l.table_oid
    WHERE warden_internal.sees_partitions_of(c.relowner);
COMMENT ON VIEW warden.partition_log IS 'what partition maintenance did and could not do, for tables of the reader''s roles, 90 days back';
GRANT SELECT ON warden.partition_log TO PUBLIC;

-- How far partitions follow each other from now on: without a hole, and how many of them begin later than now.
CREATE FUNCTION warden_internal.partitions_ahead(
    parent pg_catalog.oid, zone pg_catalog.text, OUT ahead pg_catalog.int4, OUT covered_until pg_catalog.timestamptz)
    LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH b AS (
        SELECT b.lower_at, b.upper_at, coalesce(pg_catalog.lag(b.upper_at) OVER (ORDER BY b.place) < b.lower_at, true) AS is_behind_gap
        FROM warden_internal.partition_ranges(parent, zone) AS b
        WHERE NOT b.is_default AND NOT b.detach_pending AND b.upper_at > pg_catalog.now()
    ), runs AS (
        SELECT b.lower_at, b.upper_at, pg_catalog.count(*) FILTER (WHERE b.is_behind_gap) OVER (ORDER BY b.lower_at) AS run FROM b
    )
    SELECT pg_catalog.count(*) FILTER (WHERE r.lower_at > pg_catalog.now())::pg_catalog.int4, pg_catalog.max(r.upper_at)
    FROM runs AS r
    WHERE r.run = 1 AND EXISTS (SELECT FROM runs AS n WHERE n.run = 1 AND n.lower_at <= pg_catalog.now());
END;
COMMENT ON FUNCTION warden_internal.partitions_ahead(pg_catalog.oid, pg_catalog.text) IS
    'pg_warden: how far the partitions of a table reach from now on';

-- A run counts for a table where it was not refused or passed over; it is a success where nothing of the table failed.
CREATE VIEW warden_internal.partition_runs AS
    SELECT p.table_name::pg_catalog.oid AS table_oid, t.last_run, t.last_success, f.detail AS last_error, f.sqlstate
    FROM warden_internal.partition_policy AS p
    CROSS JOIN LATERAL (
        SELECT pg_catalog.max(r.at) FILTER (WHERE w.worst OPERATOR(pg_catalog.<) 2) AS last_run,
               pg_catalog.max(r.at) FILTER (WHERE w.worst OPERATOR(pg_catalog.=) 0) AS last_success
        FROM warden_internal.partition_log AS r
        CROSS JOIN LATERAL (
            SELECT coalesce(pg_catalog.max(CASE WHEN l.status OPERATOR(pg_catalog.=) ANY (ARRAY['error', 'blocked', 'lock_timeout']) THEN 1
                                                WHEN l.status OPERATOR(pg_catalog.=) ANY (ARRAY['refused', 'skipped: running'])
                                                     AND l.action OPERATOR(pg_catalog.=) 'plan' THEN 2
                                                ELSE 0 END), 0) AS worst
            FROM warden_internal.partition_log AS l
            WHERE l.table_oid OPERATOR(pg_catalog.=) p.table_name::pg_catalog.oid AND l.run_at OPERATOR(pg_catalog.=) r.run_at
              AND l.action OPERATOR(pg_catalog.<>) 'run'
        ) AS w
        WHERE r.action OPERATOR(pg_catalog.=) 'run' AND r.run_at OPERATOR(pg_catalog.>=) p.set_at
          AND r.table_oid OPERATOR(pg_catalog.=) ANY (ARRAY[0::pg_catalog.oid, p.table_name::pg_catalog.oid])
    ) AS t
    LEFT JOIN LATERAL (
        SELECT l.detail, l.sqlstate
        FROM warden_internal.partition_log AS l
        WHERE l.table_oid OPERATOR(pg_catalog.=) p.table_name::pg_catalog.oid
          AND l.status OPERATOR(pg_catalog.=) ANY (ARRAY['error', 'blocked', 'lock_timeout', 'refused'])
          AND (t.last_success IS NULL OR l.at OPERATOR(pg_catalog.>) t.last_success)
        ORDER BY l.id DESC
        LIMIT 1
    ) AS f ON true;
COMMENT ON VIEW warden_internal.partition_runs IS 'pg_warden: when maintenance of each managed table last ran and last went well';

CREATE VIEW warden.partition_policies WITH (security_barrier = true) AS
    SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS table_name, p.partition_interval, p.premake, p.retention, p.retention_action,
           p.archive_schema, p.time_zone, p.anchor, p.key_encoding, p.default_partition, p.name_format, p.tablespace, p.storage_parameters,
           p.copy_grants, p.enabled, p.set_at, p.set_by, r.last_success, r.last_error
    FROM warden_internal.partition_policy AS p
    JOIN warden_internal.partition_runs AS r ON r.table_oid OPERATOR(pg_catalog.=) p.table_name::pg_catalog.oid
    JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) p.table_name
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    WHERE warden_internal.sees_partitions_of(c.relowner);
COMMENT ON VIEW warden.partition_policies IS 'the tables of the reader''s roles whose partitions are managed, and how; set by warden.manage_partitions';
GRANT SELECT ON warden.partition_policies TO PUBLIC;

CREATE VIEW warden.partition_maintenance_status WITH (security_barrier = true) AS
    SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS table_name, p.enabled, r.last_run, r.last_success,
           r.last_error, r.sqlstate, a.ahead AS partitions_ahead, a.covered_until,
           coalesce(s.scheduler, 'none') AS scheduler, s.is_alive AS scheduler_alive
    FROM warden_internal.partition_policy AS p
    JOIN warden_internal.partition_runs AS r ON r.table_oid OPERATOR(pg_catalog.=) p.table_name::pg_catalog.oid
    JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) p.table_name
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    LEFT JOIN LATERAL warden_internal.partitions_ahead(c.oid, p.time_zone) AS a ON true
    LEFT JOIN (
        -- Alive is what has called, not what is said to: two intervals back at the longest, and a moment for the run itself.
        SELECT d.scheduler,
               greatest(d.set_at, (SELECT pg_catalog.max(r.at) FROM warden_internal.partition_log AS r
                                   WHERE r.action OPERATOR(pg_catalog.=) 'run' AND r.source OPERATOR(pg_catalog.<>) 'session'))
               OPERATOR(pg_catalog.+) (2 OPERATOR(pg_catalog.*) d.every) OPERATOR(pg_catalog.+) '2 minutes'::pg_catalog."interval"
               OPERATOR(pg_catalog.>) pg_catalog.now() AS is_alive
        FROM warden_internal.partition_schedule AS d
    ) AS s ON true
    WHERE warden_internal.sees_partitions_of(c.relowner);
COMMENT ON VIEW warden.partition_maintenance_status IS
    'managed tables of the reader''s roles: when maintenance last ran and last went well, and how far partitions reach from now on';
GRANT SELECT ON warden.partition_maintenance_status TO PUBLIC;
