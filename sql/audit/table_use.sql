-- Tables of which statistics know no use, and those that stay empty, and how old what they know is. Nothing says when a table was made, nor
-- since when it is counted: a crash, a copy of the database and pg_upgrade forget counts. What VACUUM and ANALYZE wrote to the counts of a
-- table is not older than they are, and goes when they do.
WITH member AS (
    -- A parent's scans are its children's, which are a part of what it is read for.
    SELECT t.oid AS root, t.oid AS member, t.relkind, t.reltuples
    FROM subject AS t
    WHERE t.relkind = 'r'
      AND t.oid NOT IN (SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i)
      AND t.oid NOT IN (SELECT i.inhparent FROM pg_catalog.pg_inherits AS i)
    UNION ALL
    SELECT t.oid, c.oid, c.relkind, c.reltuples
    FROM subject AS t
    JOIN tree ON tree.root = t.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = tree.member AND c.relkind <> 'p'
    WHERE t.relkind = 'p' AND NOT t.relispartition
),
seen AS (
    SELECT m.root, m.member, m.relkind,
           greatest(m.reltuples::pg_catalog.float8, pg_catalog.pg_stat_get_live_tuples(m.member), 0) AS rows,
           pg_catalog.pg_stat_get_mod_since_analyze(m.member) AS changes,
           pg_catalog.pg_stat_get_last_analyze_time(m.member) AS analyzed,
           pg_catalog.pg_stat_get_last_autoanalyze_time(m.member) AS autoanalyzed
    FROM member AS m
),
-- Not written since ANALYZE. Autovacuum analyzes what changes: what it came to lately was written lately.
unwritten AS (
    SELECT s.root, pg_catalog.sum(s.rows) AS rows,
           CASE WHEN pg_catalog.bool_and(s.analyzed IS NOT NULL OR s.autoanalyzed IS NOT NULL OR s.rows = 0)
                THEN pg_catalog.max(greatest(s.analyzed, s.autoanalyzed)) END AS analyzed
    FROM seen AS s
    GROUP BY s.root
    HAVING pg_catalog.bool_and(
               s.relkind = 'r' AND s.changes = 0
               AND coalesce(s.autoanalyzed < pg_catalog.now() - '90 days'::pg_catalog.interval, true))
),
quiet AS (
    SELECT w.root, w.rows, w.analyzed FROM unwritten AS w WHERE w.rows > 0
),
-- No row came, not even for a moment, since statistics know them; and their files are empty, whatever was not counted.
empty AS (
    SELECT t.oid AS root, k.since
    FROM unwritten AS w
    JOIN subject AS t ON t.oid = w.root
    JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
    JOIN pg_catalog.pg_type AS y ON y.oid = c.reltype
    JOIN pg_catalog.pg_am AS a ON a.oid = c.relam
    CROSS JOIN LATERAL (
        SELECT least(pg_catalog.pg_stat_get_last_vacuum_time(w.root), pg_catalog.pg_stat_get_last_autovacuum_time(w.root),
                     pg_catalog.pg_stat_get_last_analyze_time(w.root), pg_catalog.pg_stat_get_last_autoanalyze_time(w.root)) AS since
    ) AS k
    WHERE w.rows = 0 AND k.since < pg_catalog.now() - '90 days'::pg_catalog.interval
      -- What a crash empties says nothing, nor does what keeps rows elsewhere: in children, now or before, or as a rule or trigger has it.
      AND t.relkind = 'r' AND t.relpersistence = 'p' AND a.amname = 'heap' AND NOT t.relhassubclass AND NOT t.relhasrules
      AND t.oid NOT IN (SELECT g.tgrelid FROM pg_catalog.pg_trigger AS g WHERE g.tgtype & 7 = 7 AND NOT g.tgisinternal)
      AND t.oid NOT IN (SELECT r.srrelid FROM pg_catalog.pg_subscription_rel AS r)
      AND t.oid NOT IN (SELECT f.confrelid FROM pg_catalog.pg_constraint AS f WHERE f.contype = 'f' AND f.conrelid <> f.confrelid)
      -- It serves as a type.
      AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_depend AS d
              WHERE d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid IN (y.oid, y.typarray) AND d.deptype = 'n')
      AND CASE WHEN pg_catalog.pg_stat_get_tuples_inserted(t.oid) = 0
                    -- To ask for the size would wait behind whoever locks the table.
                    AND t.oid NOT IN (SELECT held.relation FROM held)
               THEN pg_catalog.pg_relation_size(t.oid) = 0 END
),
unused AS (
    SELECT q.root, q.rows, q.analyzed,
           coalesce(q.analyzed < pg_catalog.now() - '90 days'::pg_catalog.interval, false) AS is_dated
    FROM quiet AS q
    -- Nor read. To build an index reads it too: from 16 on the server says when it was. A scan of what was empty read nothing.
    WHERE q.root NOT IN (
              SELECT m.root
              FROM member AS m
              JOIN pg_catalog.pg_stat_all_tables AS v ON v.relid = m.member
              -- Before 16 the inner query has no columns of these names and means the outer ones.
              CROSS JOIN (SELECT NULL::pg_catalog.timestamptz AS last_seq_scan, NULL::pg_catalog.timestamptz AS last_idx_scan) AS before_16
              CROSS JOIN LATERAL (
                  SELECT greatest((SELECT last_seq_scan FROM (SELECT v.*) AS of_16), (SELECT last_idx_scan FROM (SELECT v.*) AS of_16)) AS last
              ) AS from_16
              WHERE m.root IN (SELECT q.root FROM quiet AS q)
                AND coalesce(from_16.last >= pg_catalog.now() - '90 days'::pg_catalog.interval,
                             v.seq_tup_read + coalesce(v.idx_scan, 0) + coalesce(v.idx_tup_fetch, 0) > 0))
      -- A foreign key of another table looks at it for each row, and says what its values mean.
      AND q.root NOT IN (
              SELECT k.confrelid FROM pg_catalog.pg_constraint AS k WHERE k.contype = 'f' AND k.conrelid <> k.confrelid)
      -- Others read or write what is replicated.
      AND q.root NOT IN (
              SELECT m.root
              FROM member AS m
              WHERE m.root IN (SELECT q.root FROM quiet AS q)
                AND (m.member IN (SELECT r.srrelid FROM pg_catalog.pg_subscription_rel AS r)
                     OR m.member IN (SELECT r.prrelid FROM pg_catalog.pg_publication_rel AS r)))
      AND q.root NOT IN (SELECT r.prrelid FROM pg_catalog.pg_publication_rel AS r)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_publication AS p WHERE p.puballtables)
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    coalesce(p.pages, t.relpages)::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    u.rows AS table_rows,
    coalesce(p.pages, t.relpages)::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS table_bytes,
    u.since,
    u.is_dated,
    CASE WHEN u.rows = 0 THEN pg_catalog.pg_stat_get_numscans(t.oid) + (
        SELECT coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_numscans(x.indexrelid)), 0)
        FROM pg_catalog.pg_index AS x WHERE x.indrelid = t.oid) END AS scans,
    -- Once for all that nothing dates: on the first of them.
    pg_catalog.row_number() OVER (PARTITION BY u.is_dated ORDER BY t.identity) AS place,
    pg_catalog.count(*) OVER (PARTITION BY u.is_dated) AS alike,
    -- A standby, or something that receives as one does: not who decodes, nor a backup.
    EXISTS (
        SELECT FROM pg_catalog.pg_stat_replication AS r
        WHERE r.state IS DISTINCT FROM 'backup'
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_replication_slots AS l
              WHERE l.active_pid = r.pid AND l.slot_type = 'logical')) AS has_standby
FROM (
    SELECT n.root, n.rows, n.analyzed AS since, n.is_dated FROM unused AS n
    UNION ALL
    SELECT e.root, 0, e.since, true FROM empty AS e
) AS u
JOIN subject AS t ON t.oid = u.root
LEFT JOIN tree_pages AS p ON p.root = t.oid
WHERE u.rows = 0 OR t.schema_oid NOT IN (SELECT r.pnnspid FROM pg_catalog.pg_publication_namespace AS r)
