-- Tables and materialized views, with what changed since ANALYZE and whether autovacuum will come for it. Of partitioned tables nothing is counted.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    t.relpages::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    greatest(t.reltuples, 0)::pg_catalog.int8 AS counted_rows,
    pg_catalog.pg_stat_get_mod_since_analyze(t.oid) AS changed_rows,
    -- As many changes as autovacuum waits for. NULL: it never comes.
    CASE WHEN pg_catalog.current_setting('autovacuum') = 'on' AND coalesce(own.enabled, true)
         THEN coalesce(own.threshold, pg_catalog.current_setting('autovacuum_analyze_threshold')::pg_catalog.float8)
              + coalesce(own.factor, pg_catalog.current_setting('autovacuum_analyze_scale_factor')::pg_catalog.float8)
                * greatest(t.reltuples, 0) END AS waits_for,
    NOT coalesce(own.enabled, true) AS is_off_for_table,
    -- Neither counted by ANALYZE or VACUUM nor changed since the counters began, as after an upgrade; and nobody fills it now.
    fresh.is_uncounted,
    -- Asking for a size would wait behind whoever locks the table.
    fresh.is_uncounted AND fresh.is_locked AS has_unknown_size,
    CASE WHEN fresh.is_uncounted AND NOT fresh.is_locked THEN pg_catalog.pg_relation_size(t.oid) END AS bytes
FROM subject AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
LEFT JOIN LATERAL (
    SELECT pg_catalog.bool_and(o.option_value::pg_catalog.bool)
               FILTER (WHERE o.option_name = 'autovacuum_enabled') AS enabled,
           pg_catalog.max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_analyze_threshold')::pg_catalog.float8 AS threshold,
           pg_catalog.max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_analyze_scale_factor')::pg_catalog.float8 AS factor
    FROM pg_catalog.pg_options_to_table(c.reloptions) AS o
) AS own ON c.reloptions IS NOT NULL
CROSS JOIN LATERAL (
    SELECT t.reltuples < 0 AND pg_catalog.pg_stat_get_mod_since_analyze(t.oid) = 0
           AND pg_catalog.pg_stat_get_live_tuples(t.oid) = 0
           AND t.oid NOT IN (
               SELECT l.relation FROM pg_catalog.pg_locks AS l
               WHERE l.relation IS NOT NULL AND l.mode = 'RowExclusiveLock') AS is_uncounted,
           t.oid IN (SELECT held.relation FROM held) AS is_locked
) AS fresh
WHERE t.relkind IN ('r', 'm') AND NOT t.relispartition
