-- Tables, plain and partitioned.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    coalesce(p.pages, t.relpages)::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    t.relpersistence = 'u' AS is_unlogged,
    t.relkind = 'p' AS is_partitioned,
    -- A partition, or a child of another table: judged through the parent.
    EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = t.oid) AS is_child,
    EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped) AS has_columns,
    -- A primary key, or what does its work: a unique index that holds now, over whole rows and columns that are never NULL.
    EXISTS (
        SELECT FROM pg_catalog.pg_index AS x
        WHERE x.indrelid = t.oid
          AND (x.indisprimary
               OR (x.indisunique AND x.indisvalid AND x.indimmediate AND x.indpred IS NULL AND x.indexprs IS NULL
                   AND NOT EXISTS (
                       SELECT
                       FROM pg_catalog.unnest((x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1]) AS k (attnum)
                       JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
                       WHERE NOT a.attnotnull
                          -- From 18 on NOT NULL may hold for new rows alone.
                          OR EXISTS (
                              SELECT FROM pg_catalog.pg_constraint AS n
                              WHERE n.conrelid = a.attrelid AND n.contype = 'n' AND NOT n.convalidated
                                AND n.conkey = ARRAY[a.attnum]))))) AS has_key,
    -- Columns of the primary key.
    (SELECT x.indnkeyatts FROM pg_catalog.pg_index AS x WHERE x.indrelid = t.oid AND x.indisprimary) AS primary_key_width,
    -- What does the work of a primary key where there is none, one that can be made the key before others.
    CASE WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_index AS x WHERE x.indrelid = t.oid AND x.indisprimary)
         THEN (
             SELECT pg_catalog.json_build_object(
                 'name', c.relname,
                 -- An index that no constraint holds, plain enough for a key.
                 'usable', t.relkind = 'r' AND h.conname IS NULL AND plain.yes)
             FROM pg_catalog.pg_index AS x
             JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
             LEFT JOIN pg_catalog.pg_constraint AS h
               ON h.conindid = x.indexrelid AND h.conrelid = t.oid AND h.contype IN ('u', 'x')
             CROSS JOIN LATERAL (
                 SELECT NOT x.indnullsnotdistinct
                    AND 0 = ALL (x.indoption::pg_catalog.int2[])
                    AND NOT EXISTS (
                        SELECT
                        FROM ROWS FROM (
                            pg_catalog.unnest((x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1]),
                            pg_catalog.unnest(x.indclass::pg_catalog.oid[]),
                            pg_catalog.unnest(x.indcollation::pg_catalog.oid[])) AS k (attnum, opclass, collation_oid)
                        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
                        JOIN pg_catalog.pg_opclass AS o ON o.oid = k.opclass
                        WHERE NOT o.opcdefault OR a.attcollation <> k.collation_oid) AS yes
             ) AS plain
             WHERE x.indrelid = t.oid AND x.indisunique AND x.indisvalid AND x.indimmediate
               AND x.indpred IS NULL AND x.indexprs IS NULL
               AND NOT EXISTS (
                   SELECT
                   FROM pg_catalog.unnest((x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1]) AS k (attnum)
                   JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
                   WHERE NOT a.attnotnull
                      OR EXISTS (
                          SELECT FROM pg_catalog.pg_constraint AS n
                          WHERE n.conrelid = a.attrelid AND n.contype = 'n' AND NOT n.convalidated
                            AND n.conkey = ARRAY[a.attnum]))
             ORDER BY h.conname IS NULL AND plain.yes DESC, x.indnkeyatts, c.relname
             LIMIT 1) END AS unique_index,
    -- Tables that inherit from it, but for those that an extension keeps in a schema of its own.
    CASE WHEN t.relkind = 'r' THEN (
        SELECT pg_catalog.count(*)
        FROM pg_catalog.pg_inherits AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = t.oid
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_depend AS d
              WHERE d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid = c.relnamespace
                AND d.objsubid = 0 AND d.deptype = 'e')) END AS children,
    -- Rules that rewrite statements on it, but for an extension's and those that are disabled.
    (SELECT pg_catalog.string_agg('"' || w.rulename || '"', ', ' ORDER BY w.rulename)
     FROM pg_catalog.pg_rewrite AS w
     WHERE w.ev_class = t.oid AND w.ev_enabled <> 'D' AND w.rulename <> '_RETURN'
       AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_depend AS d
           WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid AND d.deptype = 'e')
    ) AS rule_names,
    -- The most triggers that one kind of statement fires, and which.
    busiest.triggers,
    busiest.statement AS busiest_statement,
    -- The first publication that replicates UPDATE or DELETE of rows which nothing identifies: they fail now.
    CASE WHEN t.relreplident IN ('d', 'n') THEN (
        SELECT u.pubname
        FROM pg_catalog.pg_publication AS u
        WHERE (u.pubupdate OR u.pubdelete)
          AND (u.puballtables
               OR EXISTS (
                   SELECT FROM pg_catalog.pg_publication_rel AS r
                   WHERE r.prpubid = u.oid AND r.prrelid = t.oid)
               OR EXISTS (
                   SELECT FROM pg_catalog.pg_publication_namespace AS s
                   WHERE s.pnpubid = u.oid AND s.pnnspid = t.schema_oid))
        ORDER BY u.pubname
        LIMIT 1) END AS publication_name
FROM subject AS t
LEFT JOIN tree_pages AS p ON p.root = t.oid
LEFT JOIN LATERAL (
    SELECT e.statement, pg_catalog.count(*) AS triggers
    FROM pg_catalog.pg_trigger AS g
    JOIN (VALUES (4, 'INSERT'), (8, 'DELETE'), (16, 'UPDATE')) AS e (bit, statement) ON g.tgtype & e.bit <> 0
    WHERE g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgenabled <> 'D'
    GROUP BY e.statement
    ORDER BY pg_catalog.count(*) DESC, e.statement
    LIMIT 1
) AS busiest ON true
WHERE t.relkind IN ('r', 'p')
