-- Domains with constraints: not the system's, not pg_warden's, not an extension's. They are of no table.
SELECT
    'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid AS classid,
    y.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(y.typname) AS identity,
    0::pg_catalog.int8 AS weight,
    y.typname AS domain_name,
    y.typnotnull AS is_not_null
FROM pg_catalog.pg_type AS y
JOIN user_schema AS n ON n.oid = y.typnamespace
WHERE y.typtype = 'd'
  AND (y.typnotnull
       OR EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.contypid = y.oid AND k.contype = 'c'))
  AND $2::pg_catalog.oid IS NULL
  AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.objid = y.oid AND d.objsubid = 0
        AND d.deptype = 'e')
