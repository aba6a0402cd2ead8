-- Tables, plain and partitioned.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    coalesce(p.pages, t.relpages)::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    t.relpersistence = 'u' AS is_unlogged,
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
WHERE t.relkind IN ('r', 'p')
