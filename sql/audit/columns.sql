-- Columns of a kind that rules look at: one row a column and kind. Left out are those that a partition or another child has from its parent.
WITH RECURSIVE domain (oid, base, modifier) AS (
    SELECT y.oid, y.typbasetype, y.typtypmod
    FROM pg_catalog.pg_type AS y
    WHERE y.typtype = 'd'
    UNION ALL
    SELECT d.oid, y.typbasetype, y.typtypmod
    FROM domain AS d
    JOIN pg_catalog.pg_type AS y ON y.oid = d.base AND y.typtype = 'd'
),
-- The kinds by type.
kinds (base, kind) AS MATERIALIZED (
    SELECT v.base::pg_catalog.oid, v.kind
    FROM (VALUES
        ('pg_catalog.bool'::pg_catalog.regtype, 'boolean'),
        ('pg_catalog.bpchar', 'char'),
        ('pg_catalog.date', 'frozen'),
        ('pg_catalog.float4', 'float'),
        ('pg_catalog.float8', 'float'),
        ('pg_catalog.int2', 'serial'),
        ('pg_catalog.int4', 'serial'),
        ('pg_catalog.int8', 'serial'),
        ('pg_catalog.json', 'json'),
        ('pg_catalog.money', 'money'),
        ('pg_catalog.time', 'frozen'),
        ('pg_catalog.timestamp', 'frozen'),
        ('pg_catalog.timestamp', 'timestamp'),
        ('pg_catalog.timestamp', 'whole seconds'),
        ('pg_catalog.timestamptz', 'frozen'),
        ('pg_catalog.timestamptz', 'whole seconds'),
        ('pg_catalog.timetz', 'frozen'),
        ('pg_catalog.timetz', 'timetz'),
        ('pg_catalog.varchar', 'varchar'),
        ('pg_catalog.xml', 'xml'),
        -- What pg_upgrade refuses, and arrays of it.
        ('pg_catalog.regcollation', 'reg'),
        ('pg_catalog._regcollation', 'reg'),
        ('pg_catalog.regconfig', 'reg'),
        ('pg_catalog._regconfig', 'reg'),
        ('pg_catalog.regdictionary', 'reg'),
        ('pg_catalog._regdictionary', 'reg'),
        ('pg_catalog.regnamespace', 'reg'),
        ('pg_catalog._regnamespace', 'reg'),
        ('pg_catalog.regoper', 'reg'),
        ('pg_catalog._regoper', 'reg'),
        ('pg_catalog.regoperator', 'reg'),
        ('pg_catalog._regoperator', 'reg'),
        ('pg_catalog.regproc', 'reg'),
        ('pg_catalog._regproc', 'reg'),
        ('pg_catalog.regprocedure', 'reg'),
        ('pg_catalog._regprocedure', 'reg'),
        -- Lists of keys.
        ('pg_catalog.text', 'ids'),
        ('pg_catalog.varchar', 'ids'),
        ('pg_catalog._int4', 'ids'),
        ('pg_catalog._int8', 'ids'),
        ('pg_catalog._text', 'ids'),
        ('pg_catalog._varchar', 'ids'),
        ('pg_catalog._uuid', 'ids')
    ) AS v (base, kind)
    UNION ALL
    SELECT e.oid, 'enum' FROM pg_catalog.pg_type AS e WHERE e.typtype = 'e'
    UNION ALL
    SELECT d.objid, 'hstore'
    FROM pg_catalog.pg_extension AS x
    JOIN pg_catalog.pg_depend AS d
      ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = x.oid
     AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.deptype = 'e'
    WHERE x.extname = 'hstore'
),
-- The kinds that a column may be of by its type; for some, its name or its default decides. Types and domains apart: in one, the server
-- would take them for thousands.
typed (oid, modifier, is_domain, not_null, kind) AS MATERIALIZED (
    SELECT y.oid, NULL::pg_catalog.int4, false, y.typnotnull, k.kind
    FROM kinds AS k
    JOIN pg_catalog.pg_type AS y ON y.oid = k.base
    UNION ALL
    SELECT y.oid, d.modifier, true, y.typnotnull, k.kind
    FROM domain AS d
    JOIN kinds AS k ON k.base = d.base
    JOIN pg_catalog.pg_type AS y ON y.oid = d.oid
    -- The end of the chain of domains.
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_type AS further WHERE further.oid = d.base AND further.typtype = 'd')
    UNION ALL
    -- A domain of its own over oid.
    SELECT d.objid, NULL, true, false, 'lo'
    FROM pg_catalog.pg_extension AS x
    JOIN pg_catalog.pg_depend AS d
      ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = x.oid
     AND d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.deptype = 'e'
    WHERE x.extname = 'lo'
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    a.attnum::pg_catalog.int4 AS objsubid,
    t.identity || '.' || pg_catalog.quote_ident(a.attname) AS identity,
    t.relpages::pg_catalog.int8 AS weight,
    t.identity AS table_identity,
    a.attname AS column_name,
    y.kind,
    e.evidence,
    pg_catalog.format('column "%s" of "%s" is', a.attname, t.relname) AS column_is
-- By itself: with the conditions on its kind, a server without statistics of the catalog takes it for one table, and loops.
FROM (SELECT u.* FROM subject AS u OFFSET 0) AS t
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
-- Of these two, only a default shows anything.
JOIN typed AS y ON y.oid = a.atttypid AND (a.atthasdef OR y.kind NOT IN ('serial', 'frozen'))
-- What shows it, where it is not the type alone. A subquery a column: a join would be planned by guesses about the catalog, and a
-- wrong one takes minutes where there are thousands of tables.
CROSS JOIN LATERAL (SELECT CASE
    -- The sequence that the column owns and takes its default from, as serial makes it.
    WHEN y.kind = 'serial' THEN CASE WHEN a.atthasdef AND a.attgenerated = '' AND NOT y.is_domain THEN (
        SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(q.relname)
        FROM pg_catalog.pg_attrdef AS f
        JOIN pg_catalog.pg_depend AS used
          ON used.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND used.refobjsubid = 0 AND used.objid = f.oid
         -- In a form that no index is for: see sequences.sql.
         AND (used.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass) IS TRUE
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
        LIMIT 1) END
    -- A moment with a fraction of a second that a clock gave: nobody writes such a one out, and 'now' becomes one.
    WHEN y.kind = 'frozen' THEN CASE WHEN a.atthasdef AND a.attgenerated = '' THEN (
        SELECT moment.parts[1]
        FROM pg_catalog.pg_attrdef AS f
        -- Without a table, because with one the server would lock it. No default holds a column.
        CROSS JOIN LATERAL pg_catalog.regexp_match(
            pg_catalog.pg_get_expr(f.adbin, 0::pg_catalog.oid),
            '''([^'']*[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3,6}[^'']*)''::(timestamp|time) ') AS moment (parts)
        WHERE f.adrelid = a.attrelid AND f.adnum = a.attnum
          AND f.adbin::pg_catalog.text ~ '[{]CONST :consttype (1083|1114|1184|1266) '
          -- The end of a day, or of all days, is written so.
          AND moment.parts[1] !~ '[.]9+([^0-9]|$)') END
    WHEN y.kind = 'char' OR y.kind = 'varchar'
        THEN CASE WHEN coalesce(y.modifier, a.atttypmod) <> -1 THEN '' END
    WHEN y.kind = 'whole seconds' THEN CASE WHEN coalesce(y.modifier, a.atttypmod) = 0 THEN '' END
    -- It ends in a word for money, perhaps with its currency behind: tax_amount, price_eur, not tax_rate.
    WHEN y.kind = 'float' THEN CASE WHEN pg_catalog.lower(a.attname) ~ (
        '(^|_)(amount|balance|cost|costs|fee|fees|payment|price|revenue|salary|subtotal|total|wage)(_(chf|eur|gbp|jpy|usd))*$')
        THEN '' END
    WHEN y.kind = 'ids' THEN CASE WHEN a.attname ~ '(_ids|[a-z]Ids)$' THEN '' END
    WHEN y.kind = 'boolean' THEN CASE
        WHEN NOT a.attnotnull AND NOT y.not_null AND a.attgenerated = '' AND NOT EXISTS (
            -- A CHECK that forbids NULL does the same.
            SELECT FROM pg_catalog.pg_constraint AS k
            WHERE k.conrelid = t.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey)
              AND pg_catalog.strpos(k.conbin::pg_catalog.text, ':nulltesttype 1 ') > 0)
        THEN '' END
    -- Triggers that remove the object with its row and with its number.
    WHEN y.kind = 'lo' THEN CASE
        WHEN (
            SELECT pg_catalog.bit_or(g.tgtype) & 24
            FROM pg_catalog.pg_trigger AS g
            JOIN pg_catalog.pg_proc AS p ON p.oid = g.tgfoid AND p.proname = 'lo_manage'
            WHERE g.tgrelid = t.oid AND g.tgenabled <> 'D'
              AND g.tgargs = pg_catalog.convert_to(a.attname, pg_catalog.getdatabaseencoding()) || pg_catalog.decode('00', 'hex')
        ) = 24 THEN NULL ELSE '' END
    ELSE '' END AS evidence
    -- Once, not for the condition and again for the row.
    OFFSET 0
) AS e
WHERE t.relkind IN ('r', 'p')
  AND NOT t.relispartition
  AND a.attinhcount = 0
  AND e.evidence IS NOT NULL
