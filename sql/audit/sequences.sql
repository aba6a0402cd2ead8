-- Sequences, with the columns that they fill, and how far they are.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    q.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    q.identity,
    q.table_pages::pg_catalog.int8 AS weight,
    q.sequence_name,
    (SELECT pg_catalog.quote_ident(o.nspname) || '.' || pg_catalog.quote_ident(t.relname)
                || '.' || pg_catalog.quote_ident(a.attname)
     FROM pg_catalog.pg_class AS t
     JOIN pg_catalog.pg_namespace AS o ON o.oid = t.relnamespace
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = q.attnum
     WHERE t.oid = q.relation) AS column_identity,
    pg_catalog.format_type(q.type_oid, NULL) AS column_type,
    -- The column ends before the sequence does.
    q.ends_by_column,
    -- ALTER SEQUENCE ... AS bigint is all that it takes: it ends where its own type does, and the columns go on.
    q.is_shorter_than_columns,
    q.last_value,
    q.last_possible,
    -- Of the values that there are, the share that is behind it.
    CASE WHEN q.steps_down THEN (q.first_possible - q.last_value) / nullif(q.first_possible - q.last_possible, 0)
         ELSE (q.last_value - q.first_possible) / nullif(q.last_possible - q.first_possible, 0) END AS used,
    -- Why its value was not read; said once, of the first.
    CASE WHEN q.identity = q.first_unread THEN q.why_unread END AS why_unread,
    q.number_unread
FROM (
    SELECT s.*,
           CASE WHEN s.why_unread IS NULL
                THEN pg_catalog.pg_sequence_last_value(s.oid)::pg_catalog.numeric END AS last_value,
           pg_catalog.min(s.identity COLLATE "C") OVER (PARTITION BY s.why_unread) AS first_unread,
           pg_catalog.count(*) OVER (PARTITION BY s.why_unread) AS number_unread
    FROM (
        SELECT r.*,
               CASE
                   WHEN pg_catalog.has_sequence_privilege(r.oid, 'SELECT, USAGE') IS NOT TRUE THEN 'rights'
                   -- Reading takes a lock, which would wait behind these.
                   WHEN r.oid IN (
                       SELECT l.relation FROM pg_catalog.pg_locks AS l
                       WHERE l.relation IS NOT NULL AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
                         AND l.mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'))
                   THEN 'locked'
                   -- A standby has no file of it.
                   WHEN r.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery() THEN 'unlogged'
                   -- Each lock is kept until the transaction ends, and the table of locks is for all sessions.
                   WHEN pg_catalog.row_number() OVER (ORDER BY pg_catalog.abs(r.last_possible), r.table_pages DESC, r.oid)
                      > pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int8
                        * pg_catalog.current_setting('max_connections')::pg_catalog.int8 / 4
                   THEN 'many'
               END AS why_unread
        FROM (
            SELECT DISTINCT ON (c.oid)
                   c.oid, c.relpersistence, c.relname AS sequence_name,
                   n.quoted || '.' || pg_catalog.quote_ident(c.relname) AS identity,
                   e.seqincrement < 0 AS steps_down,
                   coalesce(f.pages, 0) AS table_pages,
                   f.relation,
                   f.attnum,
                   f.type_oid,
                   bound.by_column AS ends_by_column,
                   e.seqtypid <> 'pg_catalog.int8'::pg_catalog.regtype
                       AND NOT bound.by_column
                       AND CASE WHEN e.seqincrement < 0 THEN e.seqmin = -type.last - 1 ELSE e.seqmax = type.last END
                       AND coalesce(f.last > type.last, false) AS is_shorter_than_columns,
                   (CASE WHEN e.seqincrement < 0 THEN e.seqmax ELSE e.seqmin END)::pg_catalog.numeric AS first_possible,
                   (CASE WHEN bound.by_column AND e.seqincrement < 0 THEN -f.last - 1
                         WHEN bound.by_column THEN f.last
                         WHEN e.seqincrement < 0 THEN e.seqmin
                         ELSE e.seqmax END)::pg_catalog.numeric AS last_possible
            FROM pg_catalog.pg_sequence AS e
            JOIN pg_catalog.pg_class AS c ON c.oid = e.seqrelid AND c.relkind = 'S' AND c.relpersistence <> 't'
            JOIN user_schema AS n ON n.oid = c.relnamespace
            -- The integer columns that it fills. A subquery a sequence: see columns.sql.
            LEFT JOIN LATERAL (
                SELECT u.relation, u.attnum, a.atttypid AS type_oid, t.relpages AS pages, w.last
                FROM (
                    -- That of serial, OWNED BY and identity.
                    SELECT d.refobjid AS relation, d.refobjsubid AS attnum, true AS is_owner
                    FROM pg_catalog.pg_depend AS d
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid AND d.objsubid = 0
                      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
                      AND d.deptype IN ('a', 'i')
                    UNION ALL
                    -- Those whose default it is in; that of serial once more.
                    SELECT g.adrelid, g.adnum, false
                    FROM pg_catalog.pg_depend AS d
                    JOIN pg_catalog.pg_attrdef AS g ON g.oid = d.objid
                    WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = c.oid
                      AND d.refobjsubid = 0
                      -- In a form that no index is for: where nobody has analyzed the catalog yet, that of all defaults would be taken.
                      AND (d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass) IS TRUE
                ) AS u
                JOIN pg_catalog.pg_class AS t ON t.oid = u.relation AND t.relkind IN ('r', 'p', 'f')
                JOIN pg_catalog.pg_attribute AS a ON a.attrelid = u.relation AND a.attnum = u.attnum
                -- A CASE and no row of VALUES to be joined, which would be put into a table of hashes for each sequence.
                CROSS JOIN LATERAL (
                    SELECT CASE CASE WHEN a.atttypid IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype,
                                                         'pg_catalog.int8'::pg_catalog.regtype) THEN a.atttypid
                                     ELSE (SELECT y.typbasetype FROM pg_catalog.pg_type AS y WHERE y.oid = a.atttypid) END
                        WHEN 'pg_catalog.int2'::pg_catalog.regtype THEN 32767::pg_catalog.int8
                        WHEN 'pg_catalog.int4'::pg_catalog.regtype THEN 2147483647
                        WHEN 'pg_catalog.int8'::pg_catalog.regtype THEN 9223372036854775807 END AS last
                ) AS w
                WHERE w.last IS NOT NULL
                  AND ($2::pg_catalog.oid IS NULL OR u.relation = $2::pg_catalog.oid)
                  AND (NOT a.atthasdef
                       OR EXISTS (
                           SELECT FROM pg_catalog.pg_attrdef AS g
                           WHERE g.adrelid = u.relation AND g.adnum = u.attnum
                             -- nextval() and nothing more; for int, smallint and domains, within a cast.
                             AND g.adbin::pg_catalog.text ~ (
                                 '^([{]COERCETODOMAIN :arg )?([{]FUNCEXPR :funcid [0-9]+ [^{}]*:args [(])?[{]FUNCEXPR :funcid '
                                 || 'pg_catalog.nextval(pg_catalog.regclass)'::pg_catalog.regprocedure::pg_catalog.oid || ' ')
                             -- Of an owner that is not among the others: named by text, the sequence is looked up by each nextval(), and
                             -- the default depends on none.
                             AND NOT (u.is_owner AND EXISTS (
                                 SELECT FROM pg_catalog.pg_depend AS d
                                 JOIN pg_catalog.pg_class AS q ON q.oid = d.refobjid AND q.relkind = 'S'
                                 WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass AND d.objid = g.oid
                                   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass))))
            ) AS f ON true
            CROSS JOIN LATERAL (
                SELECT coalesce(CASE WHEN e.seqincrement < 0 THEN -f.last - 1 > e.seqmin ELSE f.last < e.seqmax END, false)
                    AS by_column
            ) AS bound
            CROSS JOIN LATERAL (
                SELECT CASE e.seqtypid
                    WHEN 'pg_catalog.int2'::pg_catalog.regtype THEN 32767::pg_catalog.int8
                    WHEN 'pg_catalog.int4'::pg_catalog.regtype THEN 2147483647 END AS last
            ) AS type
            -- One that begins anew ends nowhere, unless the column does first.
            WHERE (NOT e.seqcycle OR bound.by_column)
              -- Of one table: those that fill it.
              AND ($2::pg_catalog.oid IS NULL OR f.relation IS NOT NULL)
              -- With the catalog that it is in: see the scope.
              AND (c.tableoid, c.oid) NOT IN (
                  SELECT x.classid, x.oid FROM extension_relation AS x
                  UNION ALL
                  -- That of an extension's table is the extension's.
                  SELECT d.classid, d.objid
                  FROM extension_relation AS x
                  JOIN pg_catalog.pg_depend AS d
                    ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = x.oid
                   AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0 AND d.deptype IN ('a', 'i'))
            -- Its shortest column. Where one bounds it, that one does.
            ORDER BY c.oid, f.last, f.relation, f.attnum
        ) AS r
    ) AS s
) AS q
