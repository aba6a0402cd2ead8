-- Columns of tables, but for those that a partition or another child has from its parent.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    a.attnum::pg_catalog.int4 AS objsubid,
    t.identity || '.' || pg_catalog.quote_ident(a.attname) AS identity,
    t.relpages::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    a.attname AS column_name,
    -- The type, or the one below a domain.
    (SELECT CASE y.typtype WHEN 'd' THEN y.typbasetype ELSE y.oid END
     FROM pg_catalog.pg_type AS y WHERE y.oid = a.atttypid) AS base_type,
    -- Length or precision, where there is one.
    (SELECT nullif(CASE y.typtype WHEN 'd' THEN y.typtypmod ELSE a.atttypmod END, -1)
     FROM pg_catalog.pg_type AS y WHERE y.oid = a.atttypid) AS type_modifier,
    -- The sequence that the column owns and takes its default from, as serial makes it. A subquery a column: a join would be
    -- planned by guesses about the catalog, and a wrong one takes minutes where there are thousands of tables.
    CASE WHEN a.atthasdef AND a.attgenerated = '' AND a.atttypid IN (
             'pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype,
             'pg_catalog.int8'::pg_catalog.regtype)
         THEN (
             SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(q.relname)
             FROM pg_catalog.pg_attrdef AS f
             JOIN pg_catalog.pg_depend AS used
               ON used.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND used.objid = f.oid
              AND used.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
             JOIN pg_catalog.pg_class AS q ON q.oid = used.refobjid AND q.relkind = 'S'
             JOIN pg_catalog.pg_namespace AS n ON n.oid = q.relnamespace
             -- 'a' is OWNED BY; the sequence of an identity column has 'i'.
             JOIN pg_catalog.pg_depend AS owned
               ON owned.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND owned.objid = q.oid
              AND owned.objsubid = 0 AND owned.deptype = 'a'
              AND owned.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
              AND owned.refobjid = a.attrelid AND owned.refobjsubid = a.attnum
             WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum
               -- The default is nextval() and nothing more; for int and smallint, within a cast.
               AND f.adbin::pg_catalog.text ~ (
                   '^([{]FUNCEXPR :funcid [0-9]+ [^{}]*:args [(])?[{]FUNCEXPR :funcid '
                   || 'pg_catalog.nextval(pg_catalog.regclass)'::pg_catalog.regprocedure::pg_catalog.oid || ' ')
             LIMIT 1) END AS sequence_identity
FROM subject AS t
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE t.relkind IN ('r', 'p')
  AND NOT t.relispartition
  AND a.attinhcount = 0
