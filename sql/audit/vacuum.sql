-- Tables with rows of their own, and how autovacuum deals with them.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    t.relpages::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    t.reltuples::pg_catalog.int8 AS rows,
    coalesce(NOT own.enabled::pg_catalog.bool, false) AS is_off,
    coalesce(NOT toast.enabled::pg_catalog.bool, false) AS toast_is_off,
    pg_catalog.pg_stat_get_dead_tuples(t.oid) AS dead_rows,
    -- As autovacuum computes it; from 18 on with a bound, of which -1 is none.
    CASE WHEN bound.rows >= 0 THEN least(bound.rows, due.rows) ELSE due.rows END AS dead_rows_until_vacuum
FROM subject AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
CROSS JOIN LATERAL (
    SELECT pg_catalog.max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_enabled') AS enabled,
           pg_catalog.max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_vacuum_scale_factor') AS scale,
           pg_catalog.max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_vacuum_threshold') AS threshold,
           pg_catalog.max(o.option_value) FILTER (WHERE o.option_name = 'autovacuum_vacuum_max_threshold') AS most
    FROM pg_catalog.pg_options_to_table(c.reloptions) AS o
) AS own
CROSS JOIN LATERAL (
    SELECT pg_catalog.max(o.option_value) AS enabled
    FROM pg_catalog.pg_class AS x
    CROSS JOIN LATERAL pg_catalog.pg_options_to_table(x.reloptions) AS o
    WHERE x.oid = c.reltoastrelid AND o.option_name = 'autovacuum_enabled'
) AS toast
CROSS JOIN LATERAL (
    SELECT coalesce(own.threshold, pg_catalog.current_setting('autovacuum_vacuum_threshold'))::pg_catalog.int8
           + (coalesce(own.scale, pg_catalog.current_setting('autovacuum_vacuum_scale_factor'))::pg_catalog.float8
              * t.reltuples)::pg_catalog.int8 AS rows
) AS due
CROSS JOIN LATERAL (
    SELECT coalesce(own.most, pg_catalog.current_setting('autovacuum_vacuum_max_threshold', true), '-1')::pg_catalog.int8 AS rows
) AS bound
WHERE t.relkind IN ('r', 'm')
  AND (c.reloptions IS NOT NULL OR t.reltuples >= 100000000
       OR EXISTS (SELECT FROM pg_catalog.pg_class AS x WHERE x.oid = c.reltoastrelid AND x.reloptions IS NOT NULL))
