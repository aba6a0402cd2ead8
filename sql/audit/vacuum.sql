-- Tables and materialized views with rows of their own: what has changed in them, and when autovacuum comes for it. Of partitioned tables
-- nothing is counted.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    t.relpages::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    t.relispartition AS is_partition,
    t.reltuples::pg_catalog.int8 AS rows,
    NOT coalesce(own.enabled, true) AS is_off,
    NOT coalesce(toast.enabled, true) AS toast_is_off,
    pg_catalog.pg_stat_get_dead_tuples(t.oid) AS dead_rows,
    -- As autovacuum computes it; from 18 on with a bound, of which -1 is none.
    CASE WHEN bound.rows >= 0 THEN least(bound.rows, due.rows) ELSE due.rows END AS dead_rows_until_vacuum,
    greatest(pg_catalog.pg_stat_get_last_vacuum_time(t.oid), pg_catalog.pg_stat_get_last_autovacuum_time(t.oid)) AS vacuumed_at,
    -- Each leaves a dead row behind.
    pg_catalog.pg_stat_get_tuples_updated(t.oid) + pg_catalog.pg_stat_get_tuples_deleted(t.oid) AS dying_rows,
    -- Since when. A crash of the server empties the counts, and the background writer's say when.
    since.counted_since,
    -- The locks of VACUUM, of ANALYZE, and of what VACUUM waits for.
    busy.relation IS NOT NULL AS is_vacuumed_now,
    pg_catalog.pg_stat_get_mod_since_analyze(t.oid) AS changed_rows,
    -- As many changes as autovacuum waits for before it analyzes. NULL: it never comes.
    CASE WHEN pg_catalog.current_setting('autovacuum') = 'on' AND coalesce(own.enabled, true)
         THEN coalesce(own.analyze_threshold, pg_catalog.current_setting('autovacuum_analyze_threshold'))::pg_catalog.float8
              + coalesce(own.analyze_scale, pg_catalog.current_setting('autovacuum_analyze_scale_factor'))::pg_catalog.float8
                * greatest(t.reltuples, 0) END AS changed_rows_until_analyze,
    -- Neither counted by ANALYZE or VACUUM nor changed since the counters began, as after an upgrade; and nobody fills it now.
    fresh.is_uncounted,
    -- Asking for a size would wait behind whoever locks the table.
    fresh.is_uncounted AND fresh.is_locked AS has_unknown_size,
    fresh.bytes
FROM subject AS t
LEFT JOIN pg_catalog.pg_class AS x ON x.oid = t.reltoastrelid AND x.reloptions IS NOT NULL
LEFT JOIN LATERAL (
    SELECT pg_catalog.bool_and(o.option_value::pg_catalog.bool) FILTER (WHERE o.option_name = 'autovacuum_enabled') AS enabled,
           pg_catalog.max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_vacuum_scale_factor') AS scale,
           pg_catalog.max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_vacuum_threshold') AS threshold,
           pg_catalog.max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_vacuum_max_threshold') AS most,
           pg_catalog.max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_analyze_scale_factor') AS analyze_scale,
           pg_catalog.max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_analyze_threshold') AS analyze_threshold
    FROM pg_catalog.pg_options_to_table(t.reloptions) AS o
) AS own ON t.reloptions IS NOT NULL
LEFT JOIN LATERAL (
    SELECT pg_catalog.bool_and(o.option_value::pg_catalog.bool) FILTER (WHERE o.option_name = 'autovacuum_enabled') AS enabled
    FROM pg_catalog.pg_options_to_table(x.reloptions) AS o
) AS toast ON x.oid IS NOT NULL
CROSS JOIN LATERAL (
    SELECT coalesce(own.threshold, pg_catalog.current_setting('autovacuum_vacuum_threshold'))::pg_catalog.int8
           + (coalesce(own.scale, pg_catalog.current_setting('autovacuum_vacuum_scale_factor'))::pg_catalog.float8
              * greatest(t.reltuples, 0))::pg_catalog.int8 AS rows
) AS due
CROSS JOIN LATERAL (
    SELECT coalesce(own.most, pg_catalog.current_setting('autovacuum_vacuum_max_threshold', true), '-1')::pg_catalog.int8 AS rows
) AS bound
LEFT JOIN (
    SELECT DISTINCT l.relation
    FROM pg_catalog.pg_locks AS l
    WHERE l.relation IS NOT NULL AND l.mode IN ('ShareUpdateExclusiveLock', 'AccessExclusiveLock')
) AS busy ON busy.relation = t.oid
CROSS JOIN LATERAL (
    SELECT u.is_uncounted, u.is_locked,
           CASE WHEN u.is_uncounted AND NOT u.is_locked THEN pg_catalog.pg_relation_size(t.oid) END AS bytes
    FROM (
        SELECT t.reltuples < 0 AND pg_catalog.pg_stat_get_mod_since_analyze(t.oid) = 0
               AND pg_catalog.pg_stat_get_live_tuples(t.oid) = 0
               AND t.oid NOT IN (
                   SELECT l.relation FROM pg_catalog.pg_locks AS l
                   WHERE l.relation IS NOT NULL AND l.mode = 'RowExclusiveLock') AS is_uncounted,
               t.oid IN (SELECT held.relation FROM held) AS is_locked
    ) AS u
) AS fresh
CROSS JOIN (
    SELECT greatest(
        pg_catalog.pg_stat_get_bgwriter_stat_reset_time(),
        pg_catalog.pg_stat_get_db_stat_reset_time((
            SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()))) AS counted_since
) AS since
WHERE t.relkind IN ('r', 'm')
