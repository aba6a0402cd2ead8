-- Indexes that another index of the same table makes superfluous, each with the one that does its work.
WITH whole AS (
    SELECT c.oid, x.indrelid, t.relname AS table_name, t.identity AS table_identity, c.relname, c.relkind, c.relam,
           t.schema_quoted || '.' || pg_catalog.quote_ident(c.relname) AS identity,
           am.amname, c.reloptions,
           coalesce(p.pages, c.relpages)::pg_catalog.int8 AS pages,
           (x.indkey::pg_catalog.int2[])[0:x.indnkeyatts - 1] AS keys,
           (x.indclass::pg_catalog.oid[])[0:x.indnkeyatts - 1] AS classes,
           (x.indcollation::pg_catalog.oid[])[0:x.indnkeyatts - 1] AS collations,
           (x.indoption::pg_catalog.int2[])[0:x.indnkeyatts - 1] AS options,
           CASE WHEN x.indnatts > x.indnkeyatts THEN ARRAY(
               SELECT i.attnum
               FROM pg_catalog.unnest((x.indkey::pg_catalog.int2[])[x.indnkeyatts:x.indnatts - 1]) AS i (attnum)
               ORDER BY i.attnum) ELSE '{}' END AS included,
           -- Expressions as trees, without the places that they had in somebody's text.
           coalesce(pg_catalog.regexp_replace(x.indexprs::pg_catalog.text, ' :location -?[0-9]+', '', 'g'), '()')
               AS expressions,
           coalesce(pg_catalog.regexp_replace(x.indpred::pg_catalog.text, ' :location -?[0-9]+', '', 'g'), '')
               AS predicate,
           x.indisunique, x.indimmediate, x.indnullsnotdistinct,
           k.conname,
           -- Held for something that another index does not do by being there.
           x.indisprimary OR x.indisexclusion OR x.indisreplident OR x.indisclustered OR c.relispartition
               OR f.conindid IS NOT NULL AS must_stay,
           x.indisprimary::pg_catalog.int4 * 64 + x.indisreplident::pg_catalog.int4 * 32
               + (f.conindid IS NOT NULL)::pg_catalog.int4 * 16 + (k.oid IS NOT NULL)::pg_catalog.int4 * 8 + x.indisunique::pg_catalog.int4 * 4
               + x.indisclustered::pg_catalog.int4 * 2 + c.relispartition::pg_catalog.int4 AS rank
    FROM subject AS t
    JOIN pg_catalog.pg_index AS x ON x.indrelid = t.oid AND x.indisvalid AND x.indisready AND x.indislive
    JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid
    JOIN pg_catalog.pg_am AS am ON am.oid = c.relam
    LEFT JOIN pg_catalog.pg_constraint AS k ON k.conindid = c.oid AND k.contype IN ('p', 'u', 'x')
    -- Foreign keys refer by it.
    LEFT JOIN (
        SELECT DISTINCT k.conindid FROM pg_catalog.pg_constraint AS k WHERE k.contype = 'f'
    ) AS f ON f.conindid = c.oid
    LEFT JOIN tree_pages AS p ON p.root = c.oid
    -- An index that does the work of another begins as that one does. Not as a join, which would be taken for one that leaves one row.
    WHERE ((x.indrelid, x.indkey[0]) IN (
        SELECT y.indrelid, y.indkey[0]
        FROM pg_catalog.pg_index AS y
        WHERE y.indisvalid AND y.indisready AND y.indislive
        GROUP BY y.indrelid, y.indkey[0]
        HAVING pg_catalog.count(*) > 1)) IS TRUE
),
pair AS (
    SELECT a.oid AS index_oid, b.oid AS other_oid, a.pages, b.pages AS other_pages,
           same.is_duplicate,
           pg_catalog.cardinality(b.keys) + pg_catalog.cardinality(b.included) AS other_columns,
           b.rank AS other_rank, b.relname AS other_name, b.identity AS other_identity,
           a.relname AS index_name, a.identity, a.table_name, a.table_identity, a.relkind, a.conname
    FROM whole AS a
    JOIN whole AS b ON b.indrelid = a.indrelid AND b.keys[1] = a.keys[1] AND b.oid <> a.oid
    CROSS JOIN LATERAL (
        SELECT b.keys = a.keys AND b.classes = a.classes AND b.collations = a.collations AND b.options = a.options
               AND b.expressions = a.expressions AND b.included = a.included
               -- A fill factor changes nothing for queries; what other methods are told may.
               AND (a.amname = 'btree' OR b.reloptions IS NOT DISTINCT FROM a.reloptions)
               -- What is unique is given up only for what is unique in the same way.
               AND (NOT a.indisunique
                    OR (b.indisunique AND (b.indimmediate OR NOT a.indimmediate)
                        AND b.indnullsnotdistinct = a.indnullsnotdistinct))
               -- Of two equals the one with the later name goes.
               AND (a.rank < b.rank OR (a.rank = b.rank AND a.relname > b.relname)) AS is_duplicate,
               NOT a.indisunique AND a.amname = 'btree'
               AND (pg_catalog.cardinality(a.keys) < pg_catalog.cardinality(b.keys)
                    OR (pg_catalog.cardinality(a.keys) = pg_catalog.cardinality(b.keys)
                        AND a.included <> b.included))
               AND b.keys[1:pg_catalog.cardinality(a.keys)] = a.keys
               AND b.classes[1:pg_catalog.cardinality(a.keys)] = a.classes
               AND b.collations[1:pg_catalog.cardinality(a.keys)] = a.collations
               AND b.options[1:pg_catalog.cardinality(a.keys)] = a.options
               AND a.included <@ (b.keys || b.included)
               -- Trees of a list: the shorter one, without its closing bracket, begins the longer one.
               AND (a.expressions = '()' OR b.expressions = a.expressions
                    OR pg_catalog.starts_with(
                           b.expressions,
                           pg_catalog.left(a.expressions, -1) || ' ')) AS is_prefix
    ) AS same
    WHERE NOT a.must_stay
      AND b.relam = a.relam
      AND b.predicate = a.predicate
      AND (same.is_duplicate OR same.is_prefix)
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_attribute AS p
          JOIN pg_catalog.pg_attribute AS q ON q.attrelid = b.oid AND q.attnum = p.attnum
          WHERE p.attrelid = a.oid AND p.attnum <= pg_catalog.cardinality(a.keys)
            AND p.attoptions IS DISTINCT FROM q.attoptions)
),
-- Once an index, with one that is not superfluous itself.
best AS (
    SELECT DISTINCT ON (p.index_oid) p.*
    FROM pair AS p
    WHERE p.other_oid NOT IN (SELECT q.index_oid FROM pair AS q)
    ORDER BY p.index_oid, p.is_duplicate DESC, p.other_columns, p.other_rank DESC, p.other_name
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    b.index_oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    b.identity,
    b.pages AS weight,
    b.index_name,
    b.table_name,
    b.other_name,
    b.is_duplicate,
    NOT b.is_duplicate AS is_prefix,
    CASE WHEN b.pages > 0
         THEN b.pages * pg_catalog.current_setting('block_size')::pg_catalog.int8 END AS index_bytes,
    -- Small, and read: worth its keep beside one that is ten times its size.
    b.other_pages > 10 * b.pages AND b.relkind = 'i' AND pg_catalog.pg_stat_get_numscans(b.index_oid) > 0
        AS is_small_and_used,
    CASE
        WHEN b.conname IS NOT NULL
        THEN 'ALTER TABLE ' || b.table_identity || ' DROP CONSTRAINT ' || pg_catalog.quote_ident(b.conname) || ';'
        -- A partitioned index cannot be dropped concurrently.
        WHEN b.relkind = 'I' THEN 'DROP INDEX ' || b.identity || ';'
        ELSE 'DROP INDEX CONCURRENTLY ' || b.identity || ';' END AS drop_index
FROM best AS b
