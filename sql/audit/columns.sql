-- Columns of tables, but for those that a partition or another child has from its parent.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    a.attnum::pg_catalog.int4 AS objsubid,
    t.identity || '.' || pg_catalog.quote_ident(a.attname) AS identity,
    t.relpages::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    a.attname AS column_name,
    -- The sequence that the column owns and takes its default from, as serial makes it.
    serial.sequence_identity,
    serial.sequence_identity IS NOT NULL AS is_serial
FROM subject AS t
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN (
    SELECT owned.refobjid AS table_oid, owned.refobjsubid AS column_number,
           pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(q.relname) AS sequence_identity
    FROM pg_catalog.pg_depend AS owned
    JOIN pg_catalog.pg_class AS q ON q.oid = owned.objid AND q.relkind = 'S'
    JOIN pg_catalog.pg_namespace AS n ON n.oid = q.relnamespace
    JOIN pg_catalog.pg_attrdef AS f ON f.adrelid = owned.refobjid AND f.adnum = owned.refobjsubid
    WHERE owned.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND owned.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
      AND owned.objsubid = 0 AND owned.refobjsubid > 0
      -- 'a' is OWNED BY; the sequence of an identity column has 'i'.
      AND owned.deptype = 'a'
      AND EXISTS (
          SELECT FROM pg_catalog.pg_depend AS used
          WHERE used.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND used.objid = f.oid
            AND used.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND used.refobjid = q.oid)
      -- The default is nextval() and nothing more; for int and smallint, within a cast.
      AND f.adbin::pg_catalog.text ~ (
          '^([{]FUNCEXPR :funcid [0-9]+ [^{}]*:args [(])?[{]FUNCEXPR :funcid '
          || 'pg_catalog.nextval(pg_catalog.regclass)'::pg_catalog.regprocedure::pg_catalog.oid || ' ')
) AS serial ON serial.table_oid = a.attrelid AND serial.column_number = a.attnum
WHERE t.relkind IN ('r', 'p')
  AND NOT t.relispartition
  AND a.attinhcount = 0
