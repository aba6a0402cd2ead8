-- What sessions of this database did since they are counted, how many there are, and what memory they may take: one row. Settings are those
-- that a new session gets.
SELECT
    'pg_catalog.pg_database'::pg_catalog.regclass::pg_catalog.oid AS classid,
    w.datid AS objid,
    0::pg_catalog.int4 AS objsubid,
    'database ' || pg_catalog.quote_ident(w.datname) AS identity,
    0::pg_catalog.int8 AS weight,
    counted.since,
    counted.seconds,
    w.sessions,
    w.sessions / counted.seconds AS sessions_per_second,
    w.session_time / 1000 / nullif(w.sessions, 0) AS seconds_a_session,
    w.session_time / 1000 / counted.seconds AS average_sessions,
    (w.active_time + w.idle_in_transaction_time) * 100 / nullif(w.session_time, 0) AS busy_percent,
    g.max_connections,
    g.work_mem,
    g.hash_mem_multiplier,
    g.shared_buffers,
    g.effective_cache_size,
    -- effective_cache_size is the administrator's own word on what memory there is for files and shared buffers: half of the machine's
    -- at the least, and a server ought to have no more than a quarter as shared buffers. NULL: nobody said.
    CASE WHEN g.has_cache_size THEN greatest(2 * g.effective_cache_size, 4 * g.shared_buffers) END AS memory,
    -- With each connection at one hash.
    g.max_connections * g.work_mem * g.hash_mem_multiplier AS demand,
    -- With no more of them than the server allows as it comes.
    least(g.max_connections, 100) * g.work_mem * g.hash_mem_multiplier AS demand_of_100,
    -- As the server comes: 100 connections, 4 MB, 2 of these for a hash. That fits every machine.
    800 * 1048576::pg_catalog.int8 AS demand_as_built,
    slot.slots,
    slot.used,
    slot.idle,
    slot.holders
FROM pg_catalog.pg_stat_database AS w
CROSS JOIN LATERAL (
    SELECT s.since, pg_catalog.extract('epoch', pg_catalog.now() - s.since) AS seconds
    FROM (SELECT greatest(pg_catalog.pg_stat_get_bgwriter_stat_reset_time(), w.stats_reset) AS since) AS s
) AS counted
CROSS JOIN (
    SELECT pg_catalog.max(s.reset_val) FILTER (WHERE s.name = 'max_connections')::pg_catalog.int8 AS max_connections,
           pg_catalog.max(s.reset_val) FILTER (WHERE s.name = 'work_mem')::pg_catalog.int8 * 1024 AS work_mem,
           pg_catalog.max(s.reset_val) FILTER (WHERE s.name = 'hash_mem_multiplier')::pg_catalog.float8 AS hash_mem_multiplier,
           pg_catalog.max(s.reset_val) FILTER (WHERE s.name = 'shared_buffers')::pg_catalog.int8 * page.bytes AS shared_buffers,
           pg_catalog.max(s.reset_val) FILTER (WHERE s.name = 'effective_cache_size')::pg_catalog.int8 * page.bytes AS effective_cache_size,
           pg_catalog.bool_or(s.reset_val <> s.boot_val) FILTER (WHERE s.name = 'effective_cache_size') AS has_cache_size
    FROM pg_catalog.pg_settings AS s
    CROSS JOIN (SELECT pg_catalog.current_setting('block_size')::pg_catalog.int8 AS bytes) AS page
    WHERE s.name IN ('max_connections', 'work_mem', 'hash_mem_multiplier', 'shared_buffers', 'effective_cache_size')
    GROUP BY page.bytes
) AS g
CROSS JOIN LATERAL (
    SELECT g.max_connections - pg_catalog.current_setting('superuser_reserved_connections')::pg_catalog.int8
               -- From 16 on.
               - coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::pg_catalog.int8 AS slots,
           pg_catalog.sum(h.used) AS used,
           pg_catalog.sum(h.idle) AS idle,
           pg_catalog.string_agg(pg_catalog.format('%s by %s', h.used, h.holder), ', ' ORDER BY h.nr) FILTER (WHERE h.nr <= 3) AS holders
    FROM (
        SELECT pg_catalog.count(*) AS used,
               pg_catalog.count(*) FILTER (WHERE a.state = 'idle') AS idle,
               pg_catalog.format('"%s"', a.usename) || coalesce(' (' || nullif(a.application_name, '') || ')', '') AS holder,
               pg_catalog.row_number() OVER (ORDER BY pg_catalog.count(*) DESC, a.usename, a.application_name) AS nr
        FROM pg_catalog.pg_stat_activity AS a
        WHERE a.backend_type = 'client backend'
        GROUP BY a.usename, a.application_name
    ) AS h
) AS slot
WHERE w.datname = pg_catalog.current_database()
