-- Partitioned tables whose partitions do not do what the table says: triggers that are disabled in some, and no replica identity there. What
-- partitions cannot lack, because the server makes it for them, is not looked for.
WITH RECURSIVE disabled AS (
    -- A trigger of the table has one in each partition, and in each table between.
    SELECT g.oid AS leaf_trigger, g.tgrelid AS leaf, g.tgparentid AS above
    FROM pg_catalog.pg_trigger AS g
    JOIN pg_catalog.pg_class AS c ON c.oid = g.tgrelid AND c.relkind IN ('r', 'f') AND c.relispartition
    WHERE g.tgenabled = 'D' AND g.tgparentid <> 0
    UNION ALL
    SELECT d.leaf_trigger, d.leaf, g.tgparentid
    FROM disabled AS d
    JOIN pg_catalog.pg_trigger AS g ON g.oid = d.above
    WHERE g.tgparentid <> 0
),
silent AS (
    SELECT d.leaf, g.tgrelid AS root, coalesce(k.conname, g.tgname) AS name, k.oid IS NOT NULL AS is_constraint, g.tgisinternal AS is_internal
    FROM disabled AS d
    JOIN pg_catalog.pg_trigger AS g ON g.oid = d.above AND g.tgparentid = 0 AND g.tgenabled IN ('O', 'A')
    -- What keeps a foreign key is named after it.
    LEFT JOIN pg_catalog.pg_constraint AS k ON k.oid = g.tgconstraint AND g.tgisinternal
),
-- In publications of UPDATE or DELETE: by themselves, with their schema, or with what they are partitions of.
published AS (
    SELECT m.oid, pg_catalog.min(m.pubname::pg_catalog.text COLLATE "C") AS publication_name
    FROM (
        SELECT u.pubname, coalesce(w.member, n.oid) AS oid
        FROM pg_catalog.pg_publication AS u
        JOIN (
            SELECT r.prpubid AS publication, r.prrelid AS oid FROM pg_catalog.pg_publication_rel AS r
            UNION ALL
            SELECT s.pnpubid, c.oid
            FROM pg_catalog.pg_publication_namespace AS s
            JOIN pg_catalog.pg_class AS c ON c.relnamespace = s.pnnspid AND c.relkind IN ('r', 'p')
        ) AS n ON n.publication = u.oid
        LEFT JOIN tree AS w ON w.root = n.oid
        WHERE u.pubupdate OR u.pubdelete
    ) AS m
    GROUP BY m.oid
),
-- And those of all tables.
of_all AS (
    SELECT pg_catalog.min(u.pubname::pg_catalog.text COLLATE "C") AS publication_name
    FROM pg_catalog.pg_publication AS u
    WHERE u.puballtables AND (u.pubupdate OR u.pubdelete)
),
-- Partitions by which nobody can tell rows apart, of tables that do say how.
unidentified AS (
    SELECT c.oid AS leaf, t.oid AS root, r.relreplident AS root_identity,
           coalesce(p.publication_name, a.publication_name) AS publication_name
    FROM subject AS t
    JOIN pg_catalog.pg_class AS r ON r.oid = t.oid
    JOIN tree AS m ON m.root = t.oid
    JOIN pg_catalog.pg_class AS c ON c.oid = m.member AND c.relkind = 'r' AND c.relpersistence = 'p'
    CROSS JOIN of_all AS a
    LEFT JOIN published AS p ON p.oid = c.oid
    WHERE t.relkind = 'p' AND NOT t.relispartition
      AND (p.oid IS NOT NULL OR a.publication_name IS NOT NULL)
      AND c.relreplident <> 'f'
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_index AS x
          WHERE x.indrelid = c.oid AND x.indisvalid AND x.indimmediate
            AND CASE c.relreplident WHEN 'd' THEN x.indisprimary WHEN 'i' THEN x.indisreplident ELSE false END)
      AND (r.relreplident = 'f'
           OR EXISTS (
               SELECT FROM pg_catalog.pg_index AS x
               WHERE x.indrelid = r.oid AND x.indimmediate
                 AND CASE r.relreplident WHEN 'd' THEN x.indisprimary WHEN 'i' THEN x.indisreplident ELSE false END))
),
told AS (
    SELECT s.root,
           pg_catalog.string_agg(DISTINCT pg_catalog.format('"%s"', s.name), ', ') AS trigger_names,
           pg_catalog.bool_or(s.is_constraint) AS has_constraints,
           pg_catalog.count(DISTINCT s.leaf) AS silent_partitions,
           (pg_catalog.array_agg(pg_catalog.format('"%s"', c.relname) ORDER BY c.relname))[1] AS first_silent,
           pg_catalog.string_agg(DISTINCT pg_catalog.format('ALTER TABLE %I.%I ENABLE TRIGGER %s;', n.nspname, c.relname,
               CASE WHEN s.is_internal THEN 'ALL' ELSE pg_catalog.quote_ident(s.name) END), ' ') AS enable
    FROM silent AS s
    JOIN pg_catalog.pg_class AS c ON c.oid = s.leaf
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    GROUP BY s.root
),
refused AS (
    SELECT u.root,
           pg_catalog.count(*) AS refusing_partitions,
           (pg_catalog.array_agg(pg_catalog.format('"%s"', c.relname) ORDER BY c.relname))[1] AS first_refusing,
           pg_catalog.min(u.publication_name) AS publication_name,
           pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %I.%I REPLICA IDENTITY %s;', n.nspname, c.relname,
               CASE u.root_identity WHEN 'f' THEN 'FULL' WHEN 'd' THEN 'DEFAULT' ELSE 'USING INDEX ' || (
                   SELECT pg_catalog.quote_ident(i.relname)
                   FROM pg_catalog.pg_index AS x
                   JOIN tree AS w ON w.root = x.indexrelid
                   JOIN pg_catalog.pg_index AS y ON y.indexrelid = w.member AND y.indrelid = u.leaf
                   JOIN pg_catalog.pg_class AS i ON i.oid = y.indexrelid
                   WHERE x.indrelid = u.root AND x.indisreplident
                   LIMIT 1) END), ' ' ORDER BY c.relname) AS identify
    FROM unidentified AS u
    JOIN pg_catalog.pg_class AS c ON c.oid = u.leaf
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    GROUP BY u.root
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    coalesce(g.pages, 0) AS weight,
    t.relname AS table_name,
    s.trigger_names,
    coalesce(s.has_constraints, false) AS has_constraints,
    s.first_silent || CASE WHEN s.silent_partitions > 1 THEN pg_catalog.format(' and %s more', s.silent_partitions - 1) ELSE '' END AS silent,
    r.first_refusing || CASE WHEN r.refusing_partitions > 1 THEN pg_catalog.format(' and %s more', r.refusing_partitions - 1) ELSE '' END
        AS refusing,
    r.publication_name,
    pg_catalog.concat_ws(' ', r.identify, s.enable) AS fix
FROM subject AS t
LEFT JOIN told AS s ON s.root = t.oid
LEFT JOIN refused AS r ON r.root = t.oid
LEFT JOIN tree_pages AS g ON g.root = t.oid
WHERE t.relkind = 'p' AND NOT t.relispartition AND (s.root IS NOT NULL OR r.root IS NOT NULL)
