-- Schemas with old temporary tables, of no session as far as can be known. From 16 on pg_stat_get_backend_idset() has the numbers that they are
-- named after, of sessions of every database; on a standby these are other numbers than its primary's.
SELECT
    'pg_catalog.pg_namespace'::pg_catalog.regclass::pg_catalog.oid AS classid,
    n.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    n.nspname::pg_catalog.text AS identity,
    left_over.pages AS weight,
    n.nspname AS schema_name,
    left_over.tables,
    left_over.some,
    left_over.age,
    known.has_numbers
FROM (
    SELECT c.relnamespace, pg_catalog.count(*) AS tables, pg_catalog.max(pg_catalog.age(c.relfrozenxid)) AS age,
           pg_catalog.sum(c.relpages)::pg_catalog.int8 AS pages,
           pg_catalog.array_to_string((pg_catalog.array_agg(pg_catalog.quote_ident(c.relname) ORDER BY c.relname))[1:3], ', ') AS some
    FROM pg_catalog.pg_class AS c
    WHERE c.relpersistence = 't' AND c.relkind = 'r'
    GROUP BY c.relnamespace
    -- As old as rows must be for VACUUM to freeze them. A session that took the number meanwhile dropped what was in the schema before it
    -- made tables, and these are young.
    HAVING pg_catalog.min(pg_catalog.age(c.relfrozenxid)) > 50000000
) AS left_over
JOIN pg_catalog.pg_namespace AS n ON n.oid = left_over.relnamespace
CROSS JOIN (
    SELECT NOT pg_catalog.pg_is_in_recovery()
           AND pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 160000 AS has_numbers
) AS known
WHERE n.oid <> pg_catalog.pg_my_temp_schema()
  AND NOT (known.has_numbers AND n.nspname::pg_catalog.text IN (
          SELECT 'pg_temp_' || b.number FROM pg_catalog.pg_stat_get_backend_idset() AS b (number)))
