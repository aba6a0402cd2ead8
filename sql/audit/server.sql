-- The server as a whole, in one row.
SELECT
    0::pg_catalog.oid AS classid,
    0::pg_catalog.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    'server' AS identity,
    0::pg_catalog.int8 AS weight,
    pg_catalog.pg_is_in_recovery() AS is_standby,
    version.major,
    -- Whether another program is now where the server's was. NULL: not known.
    $3::pg_catalog.bool AS is_replaced,
    -- As announced by the project when the major version came out. NULL: not known to this release of pg_warden.
    (SELECT e.day::pg_catalog.date
     FROM (VALUES (15, '2027-11-11'), (16, '2028-11-09'), (17, '2029-11-08'), (18, '2030-11-14')) AS e (major, day)
     WHERE e.major = version.major) AS last_fixes,
    -- Settings of a library are there only if the server loaded it at its start.
    EXISTS (
        SELECT FROM pg_catalog.pg_settings AS g
        WHERE g.name = 'pg_stat_statements.max' OR pg_catalog.starts_with(g.name, 'pg_stat_monitor.')
           OR pg_catalog.starts_with(g.name, 'pg_qs.')) AS counts_statements,
    pg_catalog.current_setting('ssl')::pg_catalog.bool AS has_ssl,
    -- NULL: hidden from this role.
    (SELECT g.reset_val FROM pg_catalog.pg_settings AS g WHERE g.name = 'ssl_min_protocol_version') AS oldest_tls,
    -- Other machines can reach its port.
    EXISTS (
        SELECT FROM pg_catalog.unnest(pg_catalog.string_to_array(pg_catalog.current_setting('listen_addresses'), ',')) AS a (text)
        WHERE pg_catalog.btrim(a.text, ' "') NOT IN ('', 'localhost', '::1')
          AND pg_catalog.btrim(a.text, ' "') !~ '^127[.]') AS is_reachable,
    -- Standbys for which commits wait; 0: for none.
    CASE WHEN pg_catalog.btrim(pg_catalog.current_setting('synchronous_standby_names')) = '' OR durability.reset_val IN ('off', 'local')
         THEN 0
         ELSE coalesce(pg_catalog.substring(pg_catalog.lower(pg_catalog.current_setting('synchronous_standby_names')),
                  '^[[:space:]]*(?:(?:first|any)[[:space:]]+)?([0-9]+)[[:space:]]*[(]')::pg_catalog.int8, 1)
    END AS synchronous_standbys_needed,
    (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_replication AS w
     WHERE w.sync_state IN ('sync', 'quorum')) AS synchronous_standbys,
    -- Whether commits wait is known of this session and its role alone.
    durability.source IN ('client', 'user', 'database user') AS has_own_synchronous_commit,
    checkpoint.timed AS timed_checkpoints,
    checkpoint.requested AS requested_checkpoints,
    checkpoint.since AS checkpoints_since,
    wal.since AS log_since,
    pg_catalog.current_setting('max_wal_size') AS max_wal_size,
    timeout.seconds AS checkpoint_timeout,
    pace.bytes_per_second * timeout.seconds * part.of_log AS log_of_a_timeout,
    -- After how many seconds the log calls for a checkpoint, as max_wal_size is now.
    pg_catalog.pg_size_bytes(pg_catalog.current_setting('max_wal_size')) / part.of_log / nullif(pace.bytes_per_second, 0) AS log_lasts
FROM (SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 / 10000 AS major) AS version
CROSS JOIN LATERAL (
    SELECT g.reset_val, g.source FROM pg_catalog.pg_settings AS g WHERE g.name = 'synchronous_commit'
) AS durability
-- From 17 on checkpoints have a view of their own, which older servers lack: it can only be named in a text.
CROSS JOIN (SELECT pg_catalog.to_jsonb(b) AS of_16 FROM pg_catalog.pg_stat_bgwriter AS b) AS b
CROSS JOIN LATERAL (
    SELECT (b.of_16 ->> 'checkpoints_timed')::pg_catalog.int8 AS timed,
           (b.of_16 ->> 'checkpoints_req')::pg_catalog.int8 AS requested,
           (b.of_16 ->> 'stats_reset')::pg_catalog.timestamptz AS since
    WHERE b.of_16 ? 'checkpoints_timed'
    UNION ALL
    SELECT pg_catalog.substring(x.text, '<timed>([0-9]+)<')::pg_catalog.int8,
           pg_catalog.substring(x.text, '<requested>([0-9]+)<')::pg_catalog.int8,
           pg_catalog.to_timestamp(pg_catalog.substring(x.text, '<since>([0-9.]+)<')::pg_catalog.float8)
    FROM (
        SELECT pg_catalog.query_to_xml(
            'SELECT num_timed AS timed, num_requested AS requested, extract(epoch FROM stats_reset) AS since
             FROM pg_catalog.pg_stat_checkpointer', false, true, '')::pg_catalog.text AS text
        WHERE NOT b.of_16 ? 'checkpoints_timed'
    ) AS x
) AS checkpoint
CROSS JOIN (SELECT w.wal_bytes AS bytes, w.stats_reset AS since FROM pg_catalog.pg_stat_wal AS w) AS wal
CROSS JOIN LATERAL (
    SELECT wal.bytes / nullif(pg_catalog.extract('epoch', pg_catalog.now() - wal.since), 0) AS bytes_per_second
) AS pace
-- A checkpoint is called for when what it must keep, and what comes while it runs, would fill max_wal_size.
CROSS JOIN (
    SELECT 1 + pg_catalog.current_setting('checkpoint_completion_target')::pg_catalog.numeric AS of_log
) AS part
CROSS JOIN (
    SELECT pg_catalog.extract('epoch', pg_catalog.current_setting('checkpoint_timeout')::pg_catalog.interval) AS seconds
) AS timeout
