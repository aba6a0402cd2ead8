-- Btree indexes of more than 100 MB, and how much of each holds nothing. Extension pgstattuple reads all of an index to tell.
WITH large AS (
    SELECT c.oid, t.oid AS table_oid, t.relname AS table_name, c.relname AS index_name, c.relpages,
           t.schema_quoted || '.' || pg_catalog.quote_ident(c.relname) AS identity,
           x.indisexclusion AS is_exclusion,
           -- What the pages of leaves are filled to when they are new.
           coalesce((SELECT o.option_value FROM pg_catalog.pg_options_to_table(c.reloptions) AS o
                     WHERE o.option_name = 'fillfactor')::pg_catalog.int4, 90) AS fillfactor
    FROM subject AS t
    JOIN pg_catalog.pg_index AS x ON x.indrelid = t.oid AND x.indisvalid AND x.indisready AND x.indislive
    JOIN pg_catalog.pg_class AS c ON c.oid = x.indexrelid AND c.relkind = 'i'
    JOIN pg_catalog.pg_am AS am ON am.oid = c.relam AND am.amname = 'btree'
    WHERE c.relpages > 104857600 / pg_catalog.current_setting('block_size')::pg_catalog.int8
      -- Empty on a standby, where nobody may look into it either.
      AND NOT (t.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())
),
allowed AS (
    SELECT l.*, f.function,
           coalesce(
               f.reason,
               CASE WHEN NOT (pg_catalog.has_table_privilege(l.table_oid, 'SELECT')
                              OR pg_catalog.pg_has_role('pg_stat_scan_tables', 'USAGE'))
                    THEN 'This role may not read its table.' END) AS reason
    FROM large AS l
    JOIN pgstattuple AS f ON f.name = 'pgstatindex'
),
-- The server's one function that takes a query whose text is made here: the schema of the extension has a name of its own. Each index is asked
-- for just before it is read whether somebody holds it.
measured AS MATERIALIZED (
    SELECT a.*,
           CASE WHEN a.reason IS NULL THEN pg_catalog.query_to_xml(pg_catalog.format(
               'SELECT m.index_size AS bytes,
                       (m.index_size - pg_catalog.current_setting(''block_size'')::pg_catalog.int8 * (
                            1 + m.internal_pages
                            + CASE WHEN m.leaf_pages > 0 THEN m.leaf_pages * least(m.avg_leaf_density / %3$s, 1) ELSE 0 END))::pg_catalog.int8 AS empty
                FROM (SELECT %1$s::pg_catalog.regclass AS oid
                        WHERE NOT EXISTS (
                            SELECT FROM pg_catalog.pg_locks AS l
                            WHERE l.relation = %1$s AND l.mode = ''AccessExclusiveLock'' AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid())
                        OFFSET 0) AS free
                CROSS JOIN LATERAL %2$s(free.oid) AS m', a.oid, a.function, a.fillfactor), true, true, '')::pg_catalog.text END AS figures
    FROM allowed AS a
),
judged AS (
    SELECT m.*,
           pg_catalog."substring"(m.figures, '<bytes>([0-9]+)<')::pg_catalog.int8 AS index_bytes,
           pg_catalog."substring"(m.figures, '<empty>([0-9]+)<')::pg_catalog.int8 AS empty_bytes,
           coalesce(m.reason, CASE WHEN pg_catalog.strpos(m.figures, '<bytes>') = 0 THEN 'Another session has locked it.' END) AS unknown
    FROM measured AS m
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    j.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    j.identity,
    coalesce(j.empty_bytes, j.relpages) AS weight,
    j.table_name,
    j.index_name,
    j.index_bytes,
    j.empty_bytes,
    j.is_exclusion,
    j.unknown,
    -- Once for all of which nothing can be said for the same reason: on the first of them.
    pg_catalog.row_number() OVER (PARTITION BY j.unknown ORDER BY j.identity) AS place,
    pg_catalog.count(*) OVER (PARTITION BY j.unknown) AS alike
FROM judged AS j
