-- Constraints that do not hold for every row: NOT VALID, or NOT ENFORCED.
SELECT
    'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid AS classid,
    k.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity || '.' || pg_catalog.quote_ident(k.conname) AS identity,
    coalesce(p.pages, t.relpages)::pg_catalog.int8 AS weight,
    k.conname AS constraint_name,
    t.relname AS table_name,
    t.identity AS table_identity,
    -- What is not enforced is not valid either.
    from_18.is_enforced AS is_not_valid,
    NOT from_18.is_enforced AS is_not_enforced,
    k.contype = 'f' AS is_foreign_key,
    CASE k.contype WHEN 'f' THEN 'foreign key' WHEN 'c' THEN 'CHECK constraint' ELSE 'NOT NULL constraint' END AS kind
FROM subject AS t
JOIN pg_catalog.pg_constraint AS k
  ON k.conrelid = t.oid AND NOT k.convalidated AND k.contype IN ('f', 'c', 'n')
 -- Those that it has from a parent are the parent's.
 AND k.conparentid = 0 AND k.conislocal
LEFT JOIN tree_pages AS p ON p.root = t.oid
-- Before 18 the inner query has no column of that name and means the outer one.
CROSS JOIN (SELECT true AS conenforced) AS before_18
CROSS JOIN LATERAL (
    SELECT (SELECT conenforced FROM (SELECT k.*) AS of_18) AS is_enforced
) AS from_18
