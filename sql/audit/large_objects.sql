-- Large objects of this database, where no column of a user's relation has a type that could refer to one: at most one row.
WITH RECURSIVE pointer AS (
    SELECT 'pg_catalog.oid'::pg_catalog.regtype::pg_catalog.oid AS oid
    UNION
    -- Domains over it, as lo is one, arrays and ranges of it, and rows that hold it.
    SELECT t.oid
    FROM pointer AS p
    CROSS JOIN LATERAL (
        SELECT y.oid FROM pg_catalog.pg_type AS y
        WHERE (y.typtype = 'd' AND y.typbasetype = p.oid) OR (y.typelem = p.oid AND y.typlen = -1)
        UNION ALL
        SELECT r.rngtypid FROM pg_catalog.pg_range AS r WHERE r.rngsubtype = p.oid
        UNION ALL
        SELECT r.rngmultitypid FROM pg_catalog.pg_range AS r WHERE r.rngsubtype = p.oid
        UNION ALL
        SELECT c.reltype
        FROM pg_catalog.pg_attribute AS a
        JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind = 'c'
        WHERE a.atttypid = p.oid AND a.attnum > 0
    ) AS t
),
-- Not counted to the end: there may be hundreds of millions.
counted AS (
    SELECT pg_catalog.count(*) AS objects
    FROM (SELECT FROM pg_catalog.pg_largeobject_metadata AS m LIMIT 100001) AS m
)
SELECT
    'pg_catalog.pg_database'::pg_catalog.regclass::pg_catalog.oid AS classid,
    d.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    'database ' || pg_catalog.quote_ident(d.datname) AS identity,
    n.objects AS weight,
    d.datname AS database_name,
    CASE WHEN n.objects > 100000 THEN 'more than 100000 large objects'
         WHEN n.objects = 1 THEN 'one large object'
         ELSE n.objects || ' large objects' END AS objects
FROM pg_catalog.pg_database AS d
CROSS JOIN counted AS n
WHERE d.datname = pg_catalog.current_database()
  -- What an extension or a session made counts as well. Views hold nothing.
  AND CASE WHEN n.objects > 0 THEN NOT EXISTS (
      SELECT
      FROM pg_catalog.pg_attribute AS a
      JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'm', 'f')
      JOIN pg_catalog.pg_namespace AS s ON s.oid = c.relnamespace
      WHERE a.attnum > 0 AND NOT a.attisdropped
        AND a.atttypid IN (SELECT p.oid FROM pointer AS p)
        AND s.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'warden', 'warden_internal')) END
