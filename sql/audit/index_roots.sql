-- Indexes as people made them: those of partitioned tables with those of all their partitions, and no partition's index that belongs to one.
-- Left out are those over whole rows that are held for something else than being read: of them nothing is said here.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    c.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.schema_quoted || '.' || pg_catalog.quote_ident(c.relname) AS identity,
    coalesce(p.pages, c.relpages)::pg_catalog.int8 AS weight,
    c.relname AS index_name,
    t.relname AS table_name,
    t.identity AS table_identity,
    am.amname AS method,
    coalesce(p.pages, c.relpages)::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS index_bytes,
    -- Held for something else than being read.
    x.indisunique OR x.indisprimary OR x.indisexclusion OR x.indisreplident OR x.indisclustered
        OR EXISTS (
            SELECT FROM pg_catalog.pg_constraint AS k
            WHERE k.conrelid = t.oid AND k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')) AS is_held,
    x.indexprs IS NOT NULL AS has_expressions,
    x.indpred IS NOT NULL AS is_partial,
    t.relkind IN ('r', 'p') AND NOT t.relispartition AS is_of_table,
    x.indnkeyatts = 1 AND x.indnatts = 1 AS is_of_one_column,
    x.indnkeyatts AS key_columns,
    a.attname AS first_column,
    a.attlen AS first_length,
    pg_catalog.format_type(a.atttypid, NULL) AS first_type,
    a.atttypid = 'pg_catalog.bool'::pg_catalog.regtype AS first_is_boolean,
    a.atttypid IN (
        SELECT y.oid FROM pg_catalog.pg_type AS y
        WHERE y.oid = 'pg_catalog.jsonb'::pg_catalog.regtype OR (y.typcategory = 'A' AND y.typelem <> 0 AND y.typlen = -1))
        AS first_is_container,
    -- A condition that leaves out rows with NULL in columns that never are.
    CASE WHEN pg_catalog.strpos(x.indpred::pg_catalog.text, ':nulltesttype 1 ') > 0
              AND pg_catalog.strpos(x.indpred::pg_catalog.text, '{OPEXPR ') = 0 THEN (
        SELECT pg_catalog.count(*) > 0
               AND pg_catalog.regexp_replace(
                       x.indpred::pg_catalog.text,
                       '[{]NULLTEST :arg [{]VAR [^{}]*:varattno (' || pg_catalog.string_agg(n.attnum::pg_catalog.text, '|')
                       || ') [^{}]*[}] :nulltesttype 1 :argisrow false :location -?[0-9]+[}]',
                       '', 'g')
                   ~ '^([{]BOOLEXPR :boolop and :args [(] *[)] :location -?[0-9]+[}])?$'
        FROM pg_catalog.pg_attribute AS n
        WHERE n.attrelid = t.oid AND n.attnum > 0 AND n.attnotnull AND NOT n.attisdropped
          -- From 18 on NOT NULL may hold for new rows alone.
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_constraint AS k
              WHERE k.conrelid = t.oid AND k.contype = 'n' AND NOT k.convalidated
                AND k.conkey = ARRAY[n.attnum])) END AS has_useless_predicate,
    -- Since the statistics began.
    CASE WHEN c.relkind = 'i' THEN pg_catalog.pg_stat_get_numscans(c.oid)
         ELSE (SELECT pg_catalog.sum(pg_catalog.pg_stat_get_numscans(m.member)) FROM tree AS m WHERE m.root = c.oid)
    END AS scans,
    CASE WHEN c.relkind = 'i' THEN pg_catalog.pg_stat_get_blocks_fetched(c.oid)
         ELSE (SELECT pg_catalog.sum(pg_catalog.pg_stat_get_blocks_fetched(m.member)) FROM tree AS m WHERE m.root = c.oid)
    END AS blocks,
    CASE WHEN c.relkind = 'i'
         THEN pg_catalog.pg_stat_get_tuples_inserted(t.oid) + pg_catalog.pg_stat_get_tuples_updated(t.oid)
              - pg_catalog.pg_stat_get_tuples_hot_updated(t.oid)
         ELSE (SELECT pg_catalog.sum(
                          pg_catalog.pg_stat_get_tuples_inserted(m.member) + pg_catalog.pg_stat_get_tuples_updated(m.member)
                          - pg_catalog.pg_stat_get_tuples_hot_updated(m.member))
               FROM tree AS m WHERE m.root = t.oid)
    END AS writes,
    -- What scans found in it.
    CASE WHEN c.relkind = 'i' THEN pg_catalog.pg_stat_get_tuples_returned(c.oid)
         ELSE (SELECT pg_catalog.sum(pg_catalog.pg_stat_get_tuples_returned(m.member)) FROM tree AS m WHERE m.root = c.oid)
    END AS entries,
    -- Scans of the table, by this index or otherwise.
    (SELECT pg_catalog.sum(
                pg_catalog.pg_stat_get_numscans(m.oid)
                + coalesce((SELECT pg_catalog.sum(pg_catalog.pg_stat_get_numscans(y.indexrelid))
                            FROM pg_catalog.pg_index AS y WHERE y.indrelid = m.oid), 0))
     FROM (
         SELECT t.oid
         UNION ALL
         SELECT tree.member FROM tree WHERE t.relkind = 'p' AND tree.root = t.oid AND tree.member <> t.oid
     ) AS m) AS table_scans,
    -- Rows of a table that has hardly been larger. Of partitioned ones nobody asks.
    CASE WHEN t.relkind = 'r' AND pg_catalog.pg_stat_get_tuples_deleted(t.oid) <= t.reltuples / 10
         THEN greatest(t.reltuples::pg_catalog.float8, pg_catalog.pg_stat_get_live_tuples(t.oid)) END AS steady_rows,
    -- Entries of the table's indexes led to rows: no scan was of an index alone, nor joined with that of another.
    (SELECT pg_catalog.pg_stat_get_tuples_fetched(t.oid) + pg_catalog.sum(pg_catalog.pg_stat_get_tuples_fetched(y.indexrelid))
            >= 0.9 * pg_catalog.sum(pg_catalog.pg_stat_get_tuples_returned(y.indexrelid))
     FROM pg_catalog.pg_index AS y
     WHERE y.indrelid = t.oid) AS leads_to_rows,
    -- Older than a month and not changed since. NULL on most servers: they do not keep the times of commits.
    changed.is_old,
    standby.is_connected AS has_standby,
    -- Foreign keys find their rows by it: its first columns are theirs.
    EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS k
        WHERE k.conrelid = t.oid AND k.contype = 'f'
          AND pg_catalog.cardinality(k.conkey) <= x.indnkeyatts
          AND (x.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality(k.conkey) - 1] @> k.conkey
          AND (x.indkey::pg_catalog.int2[])[0:pg_catalog.cardinality(k.conkey) - 1] <@ k.conkey) AS supports_foreign_key,
    -- Of two, one of which begins the other or is the same: which of them is to go is another rule's matter.
    EXISTS (
        SELECT
        FROM pg_catalog.pg_index AS y
        JOIN pg_catalog.pg_class AS o ON o.oid = y.indexrelid AND o.relam = c.relam
        CROSS JOIN LATERAL (
            SELECT least(x.indnkeyatts, y.indnkeyatts) - 1 AS last,
                   coalesce(pg_catalog.regexp_replace(x.indexprs::pg_catalog.text, ' :location -?[0-9]+', '', 'g'), '()') AS own,
                   coalesce(pg_catalog.regexp_replace(y.indexprs::pg_catalog.text, ' :location -?[0-9]+', '', 'g'), '()') AS other
        ) AS e
        WHERE y.indrelid = t.oid AND y.indexrelid <> c.oid AND y.indisvalid
          AND (x.indnkeyatts <= y.indnkeyatts OR NOT y.indisunique)
          AND (x.indkey::pg_catalog.int2[])[0:e.last] = (y.indkey::pg_catalog.int2[])[0:e.last]
          AND (e.own = '()' OR e.other = '()' OR e.own = e.other
               OR pg_catalog.starts_with(e.own, pg_catalog.left(e.other, -1))
               OR pg_catalog.starts_with(e.other, pg_catalog.left(e.own, -1)))
          AND pg_catalog.regexp_replace(x.indpred::pg_catalog.text, ' :location -?[0-9]+', '', 'g')
              IS NOT DISTINCT FROM
              pg_catalog.regexp_replace(y.indpred::pg_catalog.text, ' :location -?[0-9]+', '', 'g')) AS is_of_pair,
    -- A unique index over whole rows, all of whose columns begin this one: what follows them sorts nothing.
    CASE WHEN am.amname = 'btree' AND NOT x.indisunique AND x.indpred IS NULL AND x.indnkeyatts > 1 THEN (
        SELECT o.relname
        FROM pg_catalog.pg_index AS y
        JOIN pg_catalog.pg_class AS o ON o.oid = y.indexrelid
        WHERE y.indrelid = t.oid AND y.indisunique AND y.indisvalid AND y.indimmediate AND y.indpred IS NULL
          AND y.indexprs IS NULL AND y.indnkeyatts < x.indnkeyatts
          AND (x.indkey::pg_catalog.int2[])[0:y.indnkeyatts - 1] = (y.indkey::pg_catalog.int2[])[0:y.indnkeyatts - 1]
          AND (x.indclass::pg_catalog.oid[])[0:y.indnkeyatts - 1] = (y.indclass::pg_catalog.oid[])[0:y.indnkeyatts - 1]
          AND (x.indcollation::pg_catalog.oid[])[0:y.indnkeyatts - 1] = (y.indcollation::pg_catalog.oid[])[0:y.indnkeyatts - 1]
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_attribute AS n
              WHERE n.attrelid = t.oid AND n.attnum = ANY ((y.indkey::pg_catalog.int2[])[0:y.indnkeyatts - 1])
                AND NOT n.attnotnull)
        ORDER BY y.indnkeyatts, o.relname
        LIMIT 1) END AS unique_name,
    -- An index that queries do use, on the same columns in another order. Not one that begins alike: see above.
    CASE WHEN am.amname = 'btree' AND x.indnatts > 1 AND x.indexprs IS NULL AND 0 <> ALL (x.indkey::pg_catalog.int2[]) THEN (
        SELECT o.relname
        FROM pg_catalog.pg_index AS y
        JOIN pg_catalog.pg_class AS o ON o.oid = y.indexrelid AND o.relam = c.relam
        WHERE y.indrelid = t.oid AND y.indexrelid <> c.oid AND y.indisvalid AND y.indisready AND y.indislive
          AND y.indnkeyatts = x.indnkeyatts
          AND (y.indkey::pg_catalog.int2[])[0:y.indnkeyatts - 1] <> (x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1]
          AND (y.indkey::pg_catalog.int2[])[0:y.indnkeyatts - 1] @> (x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1]
          AND (y.indkey::pg_catalog.int2[])[0:y.indnkeyatts - 1] <@ (x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1]
          AND (y.indkey::pg_catalog.int2[]) @> (x.indkey::pg_catalog.int2[])
          AND (y.indpred IS NULL
               OR pg_catalog.regexp_replace(x.indpred::pg_catalog.text, ' :location -?[0-9]+', '', 'g')
                  = pg_catalog.regexp_replace(y.indpred::pg_catalog.text, ' :location -?[0-9]+', '', 'g'))
          AND CASE WHEN o.relkind = 'i' THEN pg_catalog.pg_stat_get_numscans(o.oid)
                   ELSE (SELECT pg_catalog.sum(pg_catalog.pg_stat_get_numscans(m.member)) FROM tree AS m WHERE m.root = o.oid)
              END > 0
        ORDER BY y.indisprimary DESC, y.indisunique DESC, o.relname
        LIMIT 1) END AS reordered_name,
    -- A partitioned index cannot be dropped concurrently.
    CASE WHEN c.relkind = 'I' THEN 'DROP INDEX ' ELSE 'DROP INDEX CONCURRENTLY ' END
        || t.schema_quoted || '.' || pg_catalog.quote_ident(c.relname) || ';' AS drop_index
FROM subject AS t
JOIN pg_catalog.pg_index AS x ON x.indrelid = t.oid AND x.indisvalid AND x.indisready AND x.indislive
JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid AND NOT c.relispartition
JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
-- Of an expression there is none.
LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = x.indkey[0] AND a.attnum > 0
LEFT JOIN tree_pages AS p ON p.root = c.oid
-- Both call volatile functions: see the scope.
CROSS JOIN LATERAL (
    SELECT CASE WHEN pg_catalog.current_setting('track_commit_timestamp') = 'on'
                THEN coalesce(
                         pg_catalog.pg_xact_commit_timestamp(x.xmin) <= pg_catalog.now() - '30 days'::pg_catalog.interval, true)
           END AS is_old
) AS changed
CROSS JOIN (
    -- A standby, or something that receives as one does: not who decodes, nor a backup.
    SELECT EXISTS (
        SELECT FROM pg_catalog.pg_stat_replication AS r
        WHERE r.state IS DISTINCT FROM 'backup'
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_replication_slots AS l
              WHERE l.active_pid = r.pid AND l.slot_type = 'logical')) AS is_connected
) AS standby
WHERE x.indpred IS NOT NULL
   OR NOT (x.indisunique OR x.indisprimary OR x.indisexclusion OR x.indisreplident OR x.indisclustered)
