-- Foreign keys, but for those that partitions have from their parent, and those that are not enforced.
SELECT
    'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid AS classid,
    k.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity || '.' || pg_catalog.quote_ident(k.conname) AS identity,
    size.pages AS weight,
    k.conname AS constraint_name,
    t.relname AS table_name,
    (SELECT r.relname FROM pg_catalog.pg_class AS r WHERE r.oid = k.confrelid) AS referenced_name,
    t.identity AS table_identity,
    -- Columns that are a shorter integer than those they refer to.
    CASE WHEN types.may_differ THEN (
     SELECT pg_catalog.string_agg(pg_catalog.format('%I is %s, %I is %s',
                                      own.attname, pg_catalog.format_type(own.atttypid, NULL),
                                      other.attname, pg_catalog.format_type(other.atttypid, NULL)), ', ' ORDER BY own.attnum)
     FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) AS c (own, other)
     JOIN pg_catalog.pg_attribute AS own ON own.attrelid = k.conrelid AND own.attnum = c.own
     JOIN pg_catalog.pg_attribute AS other ON other.attrelid = k.confrelid AND other.attnum = c.other
     WHERE own.atttypid IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype)
       AND other.atttypid IN ('pg_catalog.int4'::pg_catalog.regtype, 'pg_catalog.int8'::pg_catalog.regtype)
       AND own.attlen < other.attlen) END AS narrower_columns,
    -- An older foreign key over the same columns that does the same.
    CASE WHEN (k.conrelid, k.conkey) IN (
        SELECT f.conrelid, f.conkey FROM pg_catalog.pg_constraint AS f
        WHERE f.contype = 'f' AND f.conparentid = 0
        GROUP BY f.conrelid, f.conkey
        HAVING pg_catalog.count(*) > 1) THEN (
     SELECT twin.conname
     FROM pg_catalog.pg_constraint AS twin
     WHERE twin.conrelid = k.conrelid AND twin.contype = 'f' AND twin.conparentid = 0 AND twin.oid < k.oid
       AND twin.confrelid = k.confrelid AND twin.conkey = k.conkey AND twin.confkey = k.confkey
       AND (twin.confmatchtype, twin.confupdtype, twin.confdeltype, twin.condeferrable, twin.condeferred)
         = (k.confmatchtype, k.confupdtype, k.confdeltype, k.condeferrable, k.condeferred)
       AND twin.confdelsetcols IS NOT DISTINCT FROM k.confdelsetcols
     ORDER BY twin.oid
     LIMIT 1) END AS duplicate_of,
    -- Columns whose values are not those of the columns that they refer to, as they are. Integers compare by one index.
    CASE WHEN types.may_differ THEN (
     SELECT pg_catalog.string_agg(pg_catalog.format('%I is %s, %I is %s',
                                      own.attname, pg_catalog.format_type(own.atttypid, NULL),
                                      other.attname, pg_catalog.format_type(other.atttypid, NULL)), ', ' ORDER BY own.attnum)
     FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) AS c (own, other)
     JOIN pg_catalog.pg_attribute AS own ON own.attrelid = k.conrelid AND own.attnum = c.own
     JOIN pg_catalog.pg_attribute AS other ON other.attrelid = k.confrelid AND other.attnum = c.other
     CROSS JOIN LATERAL (
         -- The type, or the one below a domain, be it one over a domain.
         WITH RECURSIVE base AS (
             SELECT y.oid, y.typtype, y.typbasetype FROM pg_catalog.pg_type AS y WHERE y.oid = own.atttypid
             UNION ALL
             SELECT y.oid, y.typtype, y.typbasetype FROM base AS b JOIN pg_catalog.pg_type AS y ON y.oid = b.typbasetype
         )
         SELECT b.oid FROM base AS b WHERE b.typtype <> 'd'
     ) AS own_base
     CROSS JOIN LATERAL (
         WITH RECURSIVE base AS (
             SELECT y.oid, y.typtype, y.typbasetype FROM pg_catalog.pg_type AS y WHERE y.oid = other.atttypid
             UNION ALL
             SELECT y.oid, y.typtype, y.typbasetype FROM base AS b JOIN pg_catalog.pg_type AS y ON y.oid = b.typbasetype
         )
         SELECT b.oid FROM base AS b WHERE b.typtype <> 'd'
     ) AS other_base
     WHERE own.atttypid <> other.atttypid
       AND own_base.oid <> other_base.oid
       AND NOT (own_base.oid IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype,
                                 'pg_catalog.int8'::pg_catalog.regtype)
                AND other_base.oid IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype,
                                       'pg_catalog.int8'::pg_catalog.regtype))
       AND NOT EXISTS (
           SELECT FROM pg_catalog.pg_cast AS z
           WHERE z.castsource = own_base.oid AND z.casttarget = other_base.oid
             AND z.castmethod = 'b' AND z.castcontext = 'i')) END AS other_type_columns,
    -- Columns that may be NULL, where one that is leaves the others unchecked. Two or more: one alone says whether there is
    -- a reference at all. A CHECK over one of them may demand what the key does not.
    CASE WHEN k.confmatchtype = 's' AND pg_catalog.cardinality(k.conkey) > 1
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_constraint AS h
              WHERE h.conrelid = k.conrelid AND h.contype = 'c' AND h.conkey && k.conkey)
         THEN (
             SELECT pg_catalog.array_agg(a.attname::pg_catalog.text ORDER BY a.attnum)
             FROM pg_catalog.pg_attribute AS a
             WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND NOT a.attnotnull) END AS nullable_columns,
    k.confdeltype = 'c' AS deletes_cascade,
    k.confupdtype = 'c' AS updates_cascade,
    (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY c.nr)
     FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS c (attnum, nr)
     JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = c.attnum) AS column_list,
    t.relkind = 'p' AS is_partitioned,
    -- Whether an index finds the rows that refer to one: the table's, or one in each partition. NULL: there are few rows.
    place.is_indexed OR coalesce(place.leaves_are_indexed, false) AS is_indexed,
    size.rows AS table_rows,
    CASE WHEN size.pages > 0
         THEN size.pages * pg_catalog.current_setting('block_size')::pg_catalog.int8 END AS table_bytes,
    -- By the statistics of at least 30 days in which the table was used. NULL: nothing can be said.
    CASE WHEN (SELECT server.statistics_are_old FROM server)
         THEN (
             SELECT pg_catalog.sum(pg_catalog.pg_stat_get_tuples_deleted(m.oid)
                                   + pg_catalog.pg_stat_get_tuples_updated(m.oid)) = 0
                AND pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(m.oid)
                                   + pg_catalog.pg_stat_get_numscans(m.oid)) > 0
             FROM (
                 SELECT k.confrelid AS oid
                 UNION ALL
                 SELECT tree.member FROM tree WHERE tree.root = k.confrelid AND tree.member <> k.confrelid
             ) AS m) END AS referenced_is_never_changed,
    -- With the name that the server would choose, where it is free and short enough; else the server is left to choose.
    (SELECT 'CREATE INDEX ' || CASE WHEN t.relkind = 'r' THEN 'CONCURRENTLY ' ELSE '' END
            || CASE
                WHEN pg_catalog.octet_length(key.index_name) < 64 AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_class AS taken
                    WHERE taken.relnamespace = t.schema_oid AND taken.relname = key.index_name::pg_catalog.name)
                THEN pg_catalog.quote_ident(key.index_name) || ' ' ELSE '' END
            || CASE WHEN t.relkind = 'r' THEN 'ON ' ELSE 'ON ONLY ' END || t.identity || ' (' || key.column_list || ');'
     FROM (
         SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY c.nr) AS column_list,
                t.relname || '_' || pg_catalog.string_agg(a.attname, '_' ORDER BY c.nr) || '_idx' AS index_name
         FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS c (attnum, nr)
         JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = c.attnum) AS key) AS create_index
FROM subject AS t
JOIN pg_catalog.pg_constraint AS k ON k.conrelid = t.oid AND k.contype = 'f' AND k.conparentid = 0
-- Before 18 the inner query has no column of that name and means the outer one.
CROSS JOIN (SELECT true AS conenforced) AS before_18
CROSS JOIN LATERAL (
    SELECT (SELECT conenforced FROM (SELECT k.*) AS of_18) AS is_enforced
) AS from_18
JOIN counted AS size ON size.oid = t.oid
-- By the first column and what that refers to. A subquery a foreign key: a join would read all columns of all tables.
CROSS JOIN LATERAL (
    SELECT pg_catalog.cardinality(k.conkey) > 1
        OR (SELECT a.atttypid FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = k.conrelid AND a.attnum = k.conkey[1])
        <> (SELECT a.atttypid FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = k.confrelid AND a.attnum = k.confkey[1])
           AS may_differ
    OFFSET 0
) AS types
-- The table with its partitions, all at once, where there are rows enough to look for.
LEFT JOIN (
    SELECT m.constraint_oid,
           pg_catalog.bool_or(m.is_indexed) FILTER (WHERE m.oid = m.root) AS is_indexed,
           pg_catalog.bool_and(m.is_indexed) FILTER (WHERE m.oid <> m.root AND c.relkind <> 'p') AS leaves_are_indexed
    FROM (
        SELECT p.constraint_oid, p.root, p.oid, pg_catalog.count(x.indexrelid) > 0 AS is_indexed
        FROM (
            SELECT f.oid AS constraint_oid, f.conrelid AS root, f.conrelid AS oid, f.conkey AS key
            FROM counted AS b
            JOIN pg_catalog.pg_constraint AS f ON f.conrelid = b.oid AND f.contype = 'f' AND f.conparentid = 0
            WHERE (b.rows >= 1000) IS NOT FALSE
            UNION ALL
            -- Partitions number their columns as they please.
            SELECT f.oid, f.conrelid, tree.member, (
                SELECT pg_catalog.array_agg(own.attnum)
                FROM pg_catalog.pg_attribute AS a
                JOIN pg_catalog.pg_attribute AS own ON own.attrelid = tree.member AND own.attname = a.attname
                WHERE a.attrelid = f.conrelid AND a.attnum = ANY (f.conkey))
            FROM counted AS b
            JOIN pg_catalog.pg_constraint AS f ON f.conrelid = b.oid AND f.contype = 'f' AND f.conparentid = 0
            JOIN tree ON tree.root = b.oid AND tree.member <> b.oid
            WHERE (b.rows >= 1000) IS NOT FALSE
        ) AS p
        LEFT JOIN (
            pg_catalog.pg_index AS x
            JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
            JOIN pg_catalog.pg_am AS am ON am.oid = i.relam AND am.amname = 'btree'
        ) ON x.indrelid = p.oid
            AND x.indisvalid
            AND x.indnkeyatts >= pg_catalog.cardinality(p.key)
            -- Its first columns are those of the key, in any order.
            AND (x.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality(p.key) - 1] @> p.key
            AND (x.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality(p.key) - 1] <@ p.key
            -- It sorts as the columns do; where it sorts by no collation, they have none.
            AND (0 = ALL (x.indcollation::pg_catalog.oid[])
                 OR NOT EXISTS (
                     SELECT FROM pg_catalog.pg_attribute AS a
                     JOIN pg_catalog.generate_series(0, pg_catalog.cardinality(p.key) - 1) AS n (nr)
                       ON a.attnum = x.indkey[n.nr]
                     WHERE a.attrelid = p.oid AND a.attcollation <> x.indcollation[n.nr]))
            -- It is whole, or leaves out only rows in which a column of the key is NULL: those refer to nothing.
            AND (x.indpred IS NULL
                 OR pg_catalog.regexp_replace(
                        x.indpred::pg_catalog.text,
                        '[{]NULLTEST :arg [{]VAR [^{}]*:varattno ('
                        || pg_catalog.array_to_string(p.key, '|')
                        || ') [^{}]*[}] :nulltesttype 1 :argisrow false :location -?[0-9]+[}]',
                        '', 'g')
                    ~ '^([{]BOOLEXPR :boolop and :args [(] *[)] :location -?[0-9]+[}])?$')
        GROUP BY p.constraint_oid, p.root, p.oid
    ) AS m
    JOIN pg_catalog.pg_class AS c ON c.oid = m.oid
    GROUP BY m.constraint_oid
) AS place ON place.constraint_oid = k.oid
WHERE from_18.is_enforced
