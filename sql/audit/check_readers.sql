-- CHECK constraints that read tables, by functions whose bodies the catalog holds parsed: RETURN and BEGIN ATOMIC.
WITH RECURSIVE calls AS (
    SELECT k.oid AS constraint_oid, d.refobjid AS function_oid, d.refobjid AS called
    FROM subject AS t
    JOIN pg_catalog.pg_constraint AS k
      ON k.conrelid = t.oid AND k.contype = 'c' AND k.conparentid = 0 AND k.conislocal
    JOIN pg_catalog.pg_depend AS d
      ON d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass AND d.objid = k.oid
     AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    UNION
    SELECT c.constraint_oid, c.function_oid, d.refobjid
    FROM calls AS c
    JOIN pg_catalog.pg_depend AS d
      ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = c.called
     AND d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
)
SELECT
    'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid AS classid,
    k.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity || '.' || pg_catalog.quote_ident(k.conname) AS identity,
    coalesce(p.pages, t.relpages)::pg_catalog.int8 AS weight,
    k.conname AS constraint_name,
    t.relname AS table_name,
    t.identity AS table_identity,
    read.function_name,
    read.table_name AS read_name,
    read.table_oid = t.oid AS is_itself
FROM subject AS t
JOIN pg_catalog.pg_constraint AS k ON k.conrelid = t.oid AND k.contype = 'c'
CROSS JOIN LATERAL (
    SELECT f.proname AS function_name, c.oid AS table_oid, c.relname AS table_name
    FROM calls AS l
    JOIN pg_catalog.pg_proc AS f ON f.oid = l.function_oid
    JOIN pg_catalog.pg_proc AS b ON b.oid = l.called AND b.prosqlbody IS NOT NULL
    -- Dependencies do not tell a table that is read from one whose row is an argument.
    CROSS JOIN LATERAL pg_catalog.regexp_matches(
        b.prosqlbody::pg_catalog.text, ' :rtekind 0 :relid ([0-9]+) ', 'g') AS m (found)
    JOIN pg_catalog.pg_class AS c ON c.oid = m.found[1]::pg_catalog.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE l.constraint_oid = k.oid
      -- The system's and an extension's are there when others are restored.
      AND n.nspname <> 'information_schema' AND pg_catalog.left(n.nspname::pg_catalog.text, 3) <> 'pg_'
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_depend AS d
          WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.objsubid = 0
            AND d.deptype = 'e')
    ORDER BY c.oid = t.oid, f.proname, c.relname
    LIMIT 1
) AS read
LEFT JOIN tree_pages AS p ON p.root = t.oid
-- Before 18 the inner query has no column of that name and means the outer one.
CROSS JOIN (SELECT true AS conenforced) AS before_18
CROSS JOIN LATERAL (
    SELECT (SELECT conenforced FROM (SELECT k.*) AS of_18) AS is_enforced
) AS from_18
WHERE from_18.is_enforced
  AND k.oid IN (SELECT l.constraint_oid FROM calls AS l)
