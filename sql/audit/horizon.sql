-- What keeps VACUUM of this database from taking dead rows away: of each role the session that does so longest, and what stands for sessions.
-- Base backups and what streams the log have no snapshot, and hold nothing.
SELECT
    0::pg_catalog.oid AS classid,
    0::pg_catalog.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    h.identity,
    h.age::pg_catalog.int8 AS weight,
    h.name, h.who, h.release, h.of_catalogs,
    h.age,
    -- Long enough that nobody should wait for it, and enough has changed meanwhile.
    h.is_late AND h.age >= 10000 OR h.is_forgotten AS is_late,
    pg_catalog.current_setting('autovacuum_freeze_max_age')::pg_catalog.int8 / 4 AS age_limit
FROM (SELECT d.oid, d.datname FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()) AS here
CROSS JOIN LATERAL (
    (
        SELECT DISTINCT ON (a.usename)
            'sessions of role ' || pg_catalog.quote_ident(a.usename) AS identity,
            pg_catalog.format('a session of role "%s"', a.usename) AS name,
            pg_catalog.format('Process %s%s has had its transaction open since %s%s.', a.pid,
                ' (' || nullif(a.application_name, '') || ')', pg_catalog.to_char(a.xact_start, 'YYYY-MM-DD HH24:MI'),
                CASE WHEN state.is_idle THEN ' and does nothing' ELSE '' END) AS who,
            pg_catalog.format('SELECT pg_terminate_backend(%s);', a.pid) AS release,
            false AS of_catalogs,
            state.is_late,
            false AS is_forgotten,
            held.age
        FROM pg_catalog.pg_stat_activity AS a
        CROSS JOIN LATERAL (
            SELECT greatest(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid)) AS age
        ) AS held
        CROSS JOIN LATERAL (
            SELECT pg_catalog.starts_with(a.state, 'idle in transaction') AS is_idle,
                   CASE
                       -- The one that keeps the snapshot for the others of a dump does nothing itself; an index takes its time, and ends.
                       WHEN pg_catalog.starts_with(a.application_name, 'pg_dump') THEN false
                       WHEN a.pid IN (SELECT v.pid FROM pg_catalog.pg_stat_progress_create_index AS v) THEN false
                       WHEN pg_catalog.starts_with(a.state, 'idle in transaction')
                       THEN a.state_change < pg_catalog.now() - '1 hour'::pg_catalog.interval
                       -- Reports take their time.
                       ELSE a.xact_start < pg_catalog.now() - '1 day'::pg_catalog.interval END AS is_late
        ) AS state
        WHERE a.datid = here.oid
          AND a.backend_type = 'client backend'
          AND a.pid <> pg_catalog.pg_backend_pid()
          AND held.age IS NOT NULL
          -- VACUUM does not hold itself up.
          AND a.pid NOT IN (SELECT v.pid FROM pg_catalog.pg_stat_progress_vacuum AS v)
        ORDER BY a.usename, state.is_late AND held.age >= 10000 DESC, held.age DESC, a.pid
    )
    UNION ALL
    SELECT 'prepared transaction ' || pg_catalog.quote_literal(x.gid),
        pg_catalog.format('prepared transaction "%s"', x.gid),
        pg_catalog.format('Role "%s" prepared it at %s, and nobody has ended it.', x.owner,
            pg_catalog.to_char(x.prepared, 'YYYY-MM-DD HH24:MI')),
        pg_catalog.format('ROLLBACK PREPARED %L;', x.gid),
        false,
        x.prepared < pg_catalog.now() - '1 hour'::pg_catalog.interval,
        -- Nothing ends it, not even a restart.
        x.prepared < pg_catalog.now() - '1 day'::pg_catalog.interval,
        pg_catalog.age(x.transaction)
    FROM pg_catalog.pg_prepared_xacts AS x
    WHERE x.database = here.datname
    UNION ALL
    -- Those without a reader that keep too much of the log are another rule's.
    SELECT 'replication slot ' || pg_catalog.quote_ident(s.slot_name),
        pg_catalog.format('replication slot "%s"', s.slot_name),
        CASE WHEN NOT s.active THEN 'Nobody reads from it.'
             WHEN s.xmin IS NULL THEN 'Its reader is there, and has confirmed nothing newer.'
             ELSE 'A query on the standby that uses it has run for long, and hot_standby_feedback is on there.' END,
        CASE WHEN NOT s.active THEN pg_catalog.format('SELECT pg_drop_replication_slot(%L);', s.slot_name) END,
        s.xmin IS NULL,
        false,
        false,
        greatest(pg_catalog.age(s.xmin), pg_catalog.age(s.catalog_xmin))
    FROM pg_catalog.pg_replication_slots AS s
    WHERE (s.active OR s.wal_status = 'reserved') AND s.wal_status IS DISTINCT FROM 'lost'
    UNION ALL
    -- Of a standby without a slot.
    SELECT 'standby ' || pg_catalog.quote_ident(w.application_name),
        pg_catalog.format('standby "%s"', w.application_name),
        'A query there has run for long, and hot_standby_feedback is on.',
        NULL,
        false,
        false,
        false,
        pg_catalog.max(pg_catalog.age(w.backend_xmin))
    FROM pg_catalog.pg_stat_replication AS w
    WHERE w.backend_xmin IS NOT NULL AND w.state = 'streaming'
      AND w.pid NOT IN (SELECT s.active_pid FROM pg_catalog.pg_replication_slots AS s WHERE s.active_pid IS NOT NULL)
    GROUP BY w.application_name
) AS h
WHERE h.age IS NOT NULL
