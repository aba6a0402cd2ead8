-- Foreign keys, but for those that partitions have from their parent, and those that are not enforced.
SELECT
    'pg_catalog.pg_constraint'::pg_catalog.regclass::pg_catalog.oid AS classid,
    k.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity || '.' || pg_catalog.quote_ident(k.conname) AS identity,
    place.pages AS weight,
    k.conname AS constraint_name,
    t.relname AS table_name,
    r.relname AS referenced_name,
    t.identity AS table_identity,
    -- Columns that are a shorter integer than those they refer to.
    (SELECT pg_catalog.string_agg(pg_catalog.format('%I is %s, %I is %s',
                                      own.attname, pg_catalog.format_type(own.atttypid, NULL),
                                      other.attname, pg_catalog.format_type(other.atttypid, NULL)), ', ' ORDER BY own.attnum)
     FROM ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey)) AS c (own, other)
     JOIN pg_catalog.pg_attribute AS own ON own.attrelid = k.conrelid AND own.attnum = c.own
     JOIN pg_catalog.pg_attribute AS other ON other.attrelid = k.confrelid AND other.attnum = c.other
     WHERE own.atttypid IN ('pg_catalog.int2'::pg_catalog.regtype, 'pg_catalog.int4'::pg_catalog.regtype)
       AND other.atttypid IN ('pg_catalog.int4'::pg_catalog.regtype, 'pg_catalog.int8'::pg_catalog.regtype)
       AND own.attlen < other.attlen) AS narrower_columns,
    -- An older foreign key over the same columns that does the same.
    (SELECT twin.conname
     FROM pg_catalog.pg_constraint AS twin
     WHERE twin.conrelid = k.conrelid AND twin.contype = 'f' AND twin.conparentid = 0 AND twin.oid < k.oid
       AND twin.confrelid = k.confrelid AND twin.conkey = k.conkey AND twin.confkey = k.confkey
       AND (twin.confmatchtype, twin.confupdtype, twin.confdeltype, twin.condeferrable, twin.condeferred)
         = (k.confmatchtype, k.confupdtype, k.confdeltype, k.condeferrable, k.condeferred)
       AND twin.confdelsetcols IS NOT DISTINCT FROM k.confdelsetcols
     ORDER BY twin.oid
     LIMIT 1) AS duplicate_of,
    -- Columns whose values are not those of the columns that they refer to, as they are. Integers compare by one index.
    (SELECT pg_catalog.string_agg(pg_catalog.format('%I is %s, %I is %s',
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
             AND z.castmethod = 'b' AND z.castcontext = 'i')) AS other_type_columns,
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
    key.column_list,
    t.relkind = 'p' AS is_partitioned,
    -- Whether an index finds the rows that refer to one: the table's, or one in each partition.
    coalesce(place.is_indexed, false) OR coalesce(place.leaves_are_indexed, false) AS is_indexed,
    place.rows AS table_rows,
    CASE WHEN place.pages > 0
         THEN place.pages * pg_catalog.current_setting('block_size')::pg_catalog.int8 END AS table_bytes,
    -- By the statistics of at least 30 days in which the table was used. NULL: nothing can be said.
    CASE WHEN NOT pg_catalog.pg_is_in_recovery()
          AND greatest(
                  pg_catalog.pg_postmaster_start_time(),
                  -- Set anew by a restart after a crash, which loses the counts.
                  pg_catalog.pg_stat_get_bgwriter_stat_reset_time(),
                  pg_catalog.pg_stat_get_db_stat_reset_time((
                      SELECT d.oid FROM pg_catalog.pg_database AS d
                      WHERE d.datname = pg_catalog.current_database()))
              ) < pg_catalog.now() - '30 days'::pg_catalog.interval
         THEN (
             SELECT pg_catalog.sum(pg_catalog.pg_stat_get_tuples_deleted(m.oid)
                                   + pg_catalog.pg_stat_get_tuples_updated(m.oid)) = 0
                AND pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(m.oid)
                                   + pg_catalog.pg_stat_get_numscans(m.oid)) > 0
             FROM (
                 SELECT r.oid
                 UNION ALL
                 SELECT tree.member FROM tree
                 WHERE r.relkind = 'p' AND tree.root = r.oid AND tree.member <> r.oid
             ) AS m) END AS referenced_is_never_changed,
    CASE WHEN t.relkind = 'r' THEN
        'CREATE INDEX CONCURRENTLY ' || name.or_none || 'ON ' || t.identity || ' (' || key.column_list || ');'
    END AS create_index,
    CASE WHEN t.relkind = 'p' THEN
        'CREATE INDEX ' || name.or_none || 'ON ONLY ' || t.identity || ' (' || key.column_list || ');'
    END AS create_index_only
FROM subject AS t
JOIN pg_catalog.pg_constraint AS k ON k.conrelid = t.oid AND k.contype = 'f' AND k.conparentid = 0
JOIN pg_catalog.pg_class AS r ON r.oid = k.confrelid
-- Before 18 the inner query has no column of that name and means the outer one.
CROSS JOIN (SELECT true AS conenforced) AS before_18
CROSS JOIN LATERAL (
    SELECT (SELECT conenforced FROM (SELECT k.*) AS of_18) AS is_enforced
) AS from_18
CROSS JOIN LATERAL (
    SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY c.nr) AS column_list,
           pg_catalog.string_agg(a.attname, '_' ORDER BY c.nr) AS column_names
    FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY AS c (attnum, nr)
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = c.attnum
) AS key
-- The name that the server would choose, where it is free and short enough; else the server is left to choose.
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN pg_catalog.octet_length(wish.name) < 64 AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_class AS taken
            WHERE taken.relnamespace = t.schema_oid AND taken.relname = wish.name::pg_catalog.name)
        THEN pg_catalog.quote_ident(wish.name) || ' ' ELSE '' END AS or_none
    FROM (SELECT t.relname || '_' || key.column_names || '_idx' AS name) AS wish
) AS name
CROSS JOIN LATERAL (
    SELECT pg_catalog.bool_or(m.is_indexed) FILTER (WHERE m.oid = t.oid) AS is_indexed,
           pg_catalog.bool_and(m.is_indexed) FILTER (WHERE m.oid <> t.oid AND m.relkind <> 'p') AS leaves_are_indexed,
           pg_catalog.sum(m.pages)::pg_catalog.int8 AS pages,
           -- Tables that were never counted: about as many rows as narrow ones need that space.
           pg_catalog.sum(CASE WHEN m.counted THEN m.rows ELSE m.bytes / 50 END) AS rows
    FROM (
        SELECT c.oid, c.relkind, c.relpages AS pages,
               greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid)) AS rows,
               c.relkind = 'p' OR c.reltuples >= 0 OR pg_catalog.pg_stat_get_live_tuples(c.oid) > 0 AS counted,
               -- Asking for a size would wait behind whoever locks the table.
               CASE WHEN c.relkind <> 'p' AND c.reltuples < 0
                     AND pg_catalog.pg_stat_get_live_tuples(c.oid) = 0
                     AND c.oid NOT IN (
                         SELECT l.relation FROM pg_catalog.pg_locks AS l
                         WHERE l.relation IS NOT NULL AND l.mode = 'AccessExclusiveLock'
                           AND l.pid <> pg_catalog.pg_backend_pid())
                    THEN pg_catalog.pg_relation_size(c.oid) END AS bytes,
               EXISTS (
                   SELECT FROM pg_catalog.pg_index AS x
                   JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
                   JOIN pg_catalog.pg_am AS am ON am.oid = i.relam AND am.amname = 'btree'
                   WHERE x.indrelid = c.oid
                     AND x.indisvalid
                     AND x.indnkeyatts >= pg_catalog.cardinality(own.key)
                     -- Its first columns are those of the key, in any order.
                     AND (x.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality(own.key) - 1] @> own.key
                     AND (x.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality(own.key) - 1] <@ own.key
                     AND NOT EXISTS (
                         SELECT FROM pg_catalog.pg_attribute AS a
                         JOIN pg_catalog.generate_series(0, pg_catalog.cardinality(own.key) - 1) AS p (nr)
                           ON a.attnum = x.indkey[p.nr]
                         WHERE a.attrelid = c.oid AND a.attcollation <> x.indcollation[p.nr])
                     -- It is whole, or leaves out only rows in which a column of the key is NULL: those refer to nothing.
                     AND (x.indpred IS NULL
                          OR pg_catalog.regexp_replace(
                                 x.indpred::pg_catalog.text,
                                 '[{]NULLTEST :arg [{]VAR [^{}]*:varattno ('
                                 || pg_catalog.array_to_string(own.key, '|')
                                 || ') [^{}]*[}] :nulltesttype 1 :argisrow false :location -?[0-9]+[}]',
                                 '', 'g')
                             ~ '^([{]BOOLEXPR :boolop and :args [(] *[)] :location -?[0-9]+[}])?$')
               ) AS is_indexed
        FROM (
            SELECT t.oid
            UNION ALL
            SELECT tree.member FROM tree
            WHERE t.relkind = 'p' AND tree.root = t.oid AND tree.member <> t.oid
        ) AS place
        JOIN pg_catalog.pg_class AS c ON c.oid = place.oid
        -- Partitions number their columns as they please.
        CROSS JOIN LATERAL (
            SELECT CASE WHEN c.oid = t.oid THEN k.conkey ELSE (
                SELECT pg_catalog.array_agg(b.attnum)
                FROM pg_catalog.pg_attribute AS a
                JOIN pg_catalog.pg_attribute AS b ON b.attrelid = c.oid AND b.attname = a.attname
                WHERE a.attrelid = t.oid AND a.attnum = ANY (k.conkey)) END AS key
        ) AS own
    ) AS m
) AS place
WHERE from_18.is_enforced
