-- Conversions of tables that are under way, and those that are done. Written from C alone.
CREATE TABLE warden_internal.partition_conversion (
    table_name pg_catalog.regclass CONSTRAINT partition_conversion_pkey PRIMARY KEY,
    column_name pg_catalog.text NOT NULL,
    partition_interval pg_catalog."interval" NOT NULL,
    time_zone pg_catalog.text NOT NULL,
    cutoff pg_catalog.text NOT NULL,
    constraint_name pg_catalog.text NOT NULL,
    phase pg_catalog.text NOT NULL,
    started_at pg_catalog.timestamptz NOT NULL,
    started_by pg_catalog.text NOT NULL,
    last_error pg_catalog.text
);
COMMENT ON TABLE warden_internal.partition_conversion IS 'pg_warden: conversions by warden.convert_to_partitioned; not dumped';
ALTER TABLE warden_internal.partition_conversion REPLICA IDENTITY NOTHING;

-- In phase "given up", somebody dropped the constraint, and so the conversion. Rows of tables that are gone are not shown.
CREATE VIEW warden.partition_conversions AS
    SELECT pg_catalog.format('%I.%I', n.nspname, c.relname) AS table_name,
           CASE WHEN p.phase OPERATOR(pg_catalog.=) 'done' OR k.oid IS NOT NULL THEN p.phase ELSE 'given up' END AS phase,
           CASE WHEN p.phase OPERATOR(pg_catalog.=) ANY (ARRAY['validated', 'done']) THEN t.estimate ELSE 0 END AS rows_done,
           t.estimate AS rows_total, p.started_at, p.last_error
    FROM warden_internal.partition_conversion AS p
    JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) p.table_name
    JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
    LEFT JOIN pg_catalog.pg_constraint AS k
        ON k.conrelid OPERATOR(pg_catalog.=) p.table_name AND k.conname OPERATOR(pg_catalog.=) p.constraint_name
    -- Those of the table itself, and of its partitions.
    CROSS JOIN LATERAL (
        SELECT pg_catalog.sum(greatest(r.reltuples, pg_catalog.pg_stat_get_live_tuples(r.oid), 0))::pg_catalog.int8
        FROM pg_catalog.pg_class AS r
        WHERE r.oid OPERATOR(pg_catalog.=) c.oid
           OR EXISTS (SELECT FROM pg_catalog.pg_inherits AS i
                      WHERE i.inhparent OPERATOR(pg_catalog.=) c.oid AND i.inhrelid OPERATOR(pg_catalog.=) r.oid)
    ) AS t (estimate);
COMMENT ON VIEW warden.partition_conversions IS
    'conversions of tables by warden.convert_to_partitioned: how far they are, and the error that the last call ended with';
