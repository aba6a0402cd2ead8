-- Tables, plain and partitioned.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    many.pages AS weight,
    t.relname AS table_name,
    t.relpersistence = 'u' AS is_unlogged,
    t.relkind = 'p' AS is_partitioned,
    t.relispartition AS is_partition,
    -- Of an unlogged table: whether it has rows. Where nobody counted them, it has if there is a file for them, but a standby
    -- has none, and asking for its size would wait behind whoever locks the table: NULL.
    CASE WHEN t.relkind = 'r' AND t.relpersistence = 'u' THEN
        CASE WHEN many.rows > 0 OR t.relpages > 0 THEN true
             WHEN many.rows = 0 THEN false
             ELSE unlogged.bytes > 0 END
    END AS has_unlogged_rows,
    -- Of a partitioned table, the partitions.
    coalesce(p.unlogged, 0) AS unlogged_partitions,
    -- By VACUUM, ANALYZE or the statistics; NULL where nobody counted.
    many.rows AS table_rows,
    -- A partition, or a child of another table: judged through the parent.
    EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = t.oid) AS is_child,
    EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped) AS has_columns,
    -- A primary key, or what does its work: a unique index that holds now, over whole rows and columns that are never NULL.
    pk.indrelid IS NOT NULL OR EXISTS (
        SELECT FROM pg_catalog.pg_index AS x
        WHERE x.indrelid = t.oid
          AND x.indisunique AND x.indisvalid AND x.indimmediate AND x.indpred IS NULL AND x.indexprs IS NULL
          AND NOT EXISTS (
              SELECT
              FROM pg_catalog.unnest((x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1]) AS k (attnum)
              JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
              WHERE NOT a.attnotnull
                 -- From 18 on NOT NULL may hold for new rows alone.
                 OR EXISTS (
                     SELECT FROM pg_catalog.pg_constraint AS n
                     WHERE n.conrelid = a.attrelid AND n.contype = 'n' AND NOT n.convalidated
                       AND n.conkey = ARRAY[a.attnum]))) AS has_key,
    -- Columns of the primary key.
    pk.indnkeyatts AS primary_key_width,
    -- What does the work of a primary key where there is none, one that can be made the key before others.
    CASE WHEN pk.indrelid IS NULL THEN (
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
    CASE WHEN t.relkind = 'r' AND t.relhassubclass THEN (
        SELECT pg_catalog.count(*)
        FROM pg_catalog.pg_inherits AS i
        JOIN pg_catalog.pg_class AS c ON c.oid = i.inhrelid
        WHERE i.inhparent = t.oid
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_depend AS d
              WHERE d.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.objid = c.relnamespace
                AND d.objsubid = 0 AND d.deptype = 'e')) END AS children,
    -- Rules that rewrite statements on it, but for an extension's and those that are disabled.
    CASE WHEN t.relhasrules THEN (
     SELECT pg_catalog.string_agg('"' || w.rulename || '"', ', ' ORDER BY w.rulename)
     FROM pg_catalog.pg_rewrite AS w
     WHERE w.ev_class = t.oid AND w.ev_enabled <> 'D' AND w.rulename <> '_RETURN'
       AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_depend AS d
           WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.objid = w.oid AND d.deptype = 'e')
    ) END AS rule_names,
    -- A column that is the key or counts rows, and is too short for many.
    short.name AS short_key_name,
    short.type AS short_key_type,
    short.last AS short_key_last,
    short.counts AS short_key_counts,
    coalesce(short.may_be_near, false) AS short_key_may_be_near,
    -- A primary key of one uuid column that is filled at random, where the table is large: the function.
    CASE WHEN many.rows >= 1000000 THEN (
        SELECT f.proname
        FROM pg_catalog.pg_attrdef AS g
        JOIN pg_catalog.pg_proc AS f
          ON f.oid = pg_catalog.substring(g.adbin::pg_catalog.text, '^[{]FUNCEXPR :funcid ([0-9]+) ')::pg_catalog.oid
        WHERE g.adrelid = t.oid AND g.adnum = pk.indkey[0] AND pk.indnkeyatts = 1
          AND f.prorettype = 'pg_catalog.uuid'::pg_catalog.regtype AND f.pronargs = 0
          AND f.proname IN ('gen_random_uuid', 'uuid_generate_v4', 'uuidv4')) END AS random_uuid,
    -- Rows that were inserted since the statistics begin, where they can be told: not on a standby.
    CASE WHEN many.rows >= 1000000 AND NOT server.is_standby
         THEN CASE WHEN t.relkind = 'r' THEN pg_catalog.pg_stat_get_tuples_inserted(t.oid) ELSE p.inserted END END AS inserted_rows,
    -- Statistics of at least 30 days.
    server.statistics_are_old,
    -- The most triggers that one kind of statement fires, and which.
    busiest.triggers,
    busiest.statement AS busiest_statement,
    t.relreplident = 'n' AS identifies_nothing,
    -- The first publication that replicates UPDATE or DELETE of rows which nothing identifies, if there is no primary key: they fail now.
    -- Rows of a partitioned table are those of its partitions, each of which has an identity of its own.
    CASE WHEN CASE t.relkind WHEN 'r' THEN t.relreplident IN ('d', 'n') ELSE EXISTS (
                  SELECT
                  FROM tree
                  JOIN pg_catalog.pg_class AS c ON c.oid = tree.member AND c.relkind = 'r'
                  WHERE tree.root = t.oid
                    AND (c.relreplident = 'n'
                         OR (c.relreplident = 'd' AND NOT EXISTS (
                             SELECT FROM pg_catalog.pg_index AS x WHERE x.indrelid = c.oid AND x.indisprimary)))) END THEN (
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
LEFT JOIN pg_catalog.pg_index AS pk ON pk.indrelid = t.oid AND pk.indisprimary
LEFT JOIN (
    SELECT m.root,
           pg_catalog.sum(c.relpages)::pg_catalog.int8 AS pages,
           pg_catalog.sum(greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid)::pg_catalog.float8, 0))
               FILTER (WHERE c.relkind = 'r') AS rows,
           pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(c.oid)) FILTER (WHERE c.relkind = 'r') AS inserted,
           pg_catalog.count(*) FILTER (WHERE c.relkind = 'r' AND c.relpersistence = 'u') AS unlogged
    FROM tree AS m
    JOIN pg_catalog.pg_class AS c ON c.oid = m.member
    WHERE c.relkind IN ('r', 'p')
    GROUP BY m.root
) AS p ON p.root = t.oid
CROSS JOIN LATERAL (
    SELECT coalesce(p.pages, t.relpages)::pg_catalog.int8 AS pages,
           CASE WHEN t.relkind = 'p' THEN coalesce(p.rows, 0)
                WHEN t.reltuples >= 0 OR pg_catalog.pg_stat_get_live_tuples(t.oid) > 0
                THEN greatest(t.reltuples, pg_catalog.pg_stat_get_live_tuples(t.oid)::pg_catalog.float8) END AS rows
) AS many
CROSS JOIN server
CROSS JOIN LATERAL (
    SELECT CASE WHEN t.relkind = 'r' AND t.relpersistence = 'u' AND many.rows IS NULL AND t.relpages = 0
                 AND NOT server.is_standby AND t.oid NOT IN (SELECT held.relation FROM held)
                THEN pg_catalog.pg_relation_size(t.oid) END AS bytes
) AS unlogged
LEFT JOIN (
    SELECT DISTINCT ON (f.tgrelid) f.tgrelid, f.statement, f.triggers
    FROM (
        SELECT g.tgrelid, e.statement, pg_catalog.count(*) AS triggers
        FROM pg_catalog.pg_trigger AS g
        JOIN (VALUES (4, 'INSERT'), (8, 'DELETE'), (16, 'UPDATE')) AS e (bit, statement) ON g.tgtype & e.bit <> 0
        WHERE NOT g.tgisinternal AND g.tgenabled <> 'D'
        GROUP BY g.tgrelid, e.statement
    ) AS f
    ORDER BY f.tgrelid, f.triggers DESC, f.statement
) AS busiest ON busiest.tgrelid = t.oid
LEFT JOIN LATERAL (
    SELECT a.attname AS name, pg_catalog.format_type(a.atttypid, NULL) AS type, w.last,
           a.attidentity <> '' OR owned.yes AS counts,
           -- A row takes 36 bytes and more: what is smaller than so many rows needs no count. Asking for a size would wait
           -- behind whoever locks the table.
           many.rows IS NULL AND CASE
            WHEN t.oid IN (SELECT held.relation FROM held)
            THEN true
            ELSE pg_catalog.pg_relation_size(t.oid) >= w.last / 100 * 36 END AS may_be_near
    FROM pg_catalog.pg_attribute AS a
    JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid
    JOIN (VALUES ('pg_catalog.int2'::pg_catalog.regtype, 32767::pg_catalog.int8),
                 ('pg_catalog.int4', 2147483647)) AS w (type, last)
      ON w.type = CASE y.typtype WHEN 'd' THEN y.typbasetype ELSE y.oid END
    CROSS JOIN LATERAL (
        SELECT EXISTS (
            SELECT FROM pg_catalog.pg_depend AS d
            WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = t.oid
              AND d.refobjsubid = a.attnum AND d.deptype = 'a'
              AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
              AND EXISTS (SELECT FROM pg_catalog.pg_sequence AS e WHERE e.seqrelid = d.objid)) AS yes
    ) AS owned
    WHERE (many.rows IS NULL OR many.rows > 300)
      AND a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
      AND (a.attidentity <> '' OR owned.yes
           -- A key of one column that no other table gives its type. A smallint that nothing counts is a code.
           OR (w.type = 'pg_catalog.int4'::pg_catalog.regtype
               AND pk.indnkeyatts = 1 AND pk.indkey[0] = a.attnum
               AND NOT EXISTS (
                   SELECT FROM pg_catalog.pg_constraint AS f
                   WHERE f.conrelid = t.oid AND f.contype = 'f' AND f.conkey @> ARRAY[a.attnum])))
    ORDER BY w.last, a.attnum
    LIMIT 1
) AS short ON true
WHERE t.relkind IN ('r', 'p')
