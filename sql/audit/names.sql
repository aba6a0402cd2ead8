-- Names that need quotes or care: one row a table or materialized view and fault, with its own name and those of its columns. The names of
-- partitions and of the columns of a materialized view are given by others.
WITH reserved (word) AS MATERIALIZED (
    SELECT w.word COLLATE pg_catalog."C" FROM pg_catalog.pg_get_keywords() AS w WHERE w.catcode = 'R'
),
given AS (
    SELECT t.oid, t.identity, t.relname, t.relpages, 0 AS place, t.relname AS name
    FROM subject AS t
    WHERE NOT t.relispartition
    UNION ALL
    SELECT t.oid, t.identity, t.relname, t.relpages, a.attnum, a.attname
    FROM subject AS t
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE NOT t.relispartition AND t.relkind IN ('r', 'p') AND a.attinhcount = 0
),
faulty AS (
    SELECT g.*, coalesce(
        -- Most names need no quotes, for this or another reason.
        CASE WHEN pg_catalog.starts_with(pg_catalog.quote_ident(g.name::pg_catalog.text), '"') THEN CASE
            -- The server makes these letters small where they have no quotes, in whatever encoding.
            WHEN g.name::pg_catalog.text <> pg_catalog.lower(g.name::pg_catalog.text COLLATE pg_catalog."C") THEN 'capitals'
            WHEN r.word IS NOT NULL THEN 'reserved'
            -- Unlike quote_ident, the grammar takes letters that are not ASCII as they are, and $ behind the first letter. In "C", these
            -- classes hold nothing else.
            WHEN g.name::pg_catalog.text COLLATE pg_catalog."C" ~ '^[0-9$]|(?![_$])[[:cntrl:][:space:][:punct:]]' THEN 'characters'
        END END,
        CASE WHEN g.place = 0 AND pg_catalog.left(g.name::pg_catalog.text, 3) = 'pg_' THEN 'pg_' END,
        -- Longer ones are cut.
        CASE WHEN pg_catalog.octet_length(g.name::pg_catalog.text) = (SELECT pg_catalog.current_setting('max_identifier_length')::pg_catalog.int4)
            THEN 'length' END) AS fault
    FROM given AS g
    LEFT JOIN reserved AS r ON r.word = g.name::pg_catalog.text COLLATE pg_catalog."C"
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    f.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    f.identity,
    f.relpages::pg_catalog.int8 AS weight,
    f.fault,
    f.names[1] AS first_name,
    pg_catalog.cardinality(f.names) = 1 AS is_one,
    -- names "a", "b" in "t"
    CASE WHEN pg_catalog.cardinality(f.names) = 1 THEN 'name "' ELSE 'names "' END
    || pg_catalog.array_to_string(f.names[1:5], '", "') || '"'
    || CASE WHEN pg_catalog.cardinality(f.names) > 5 THEN ' and ' || pg_catalog.cardinality(f.names) - 5 || ' more' ELSE '' END
    || CASE WHEN f.own_place = 0 THEN '' ELSE ' in "' || f.relname || '"' END AS names
FROM (
    SELECT faulty.oid, faulty.identity, faulty.relname, faulty.relpages, faulty.fault,
           pg_catalog.min(faulty.place) AS own_place,
           pg_catalog.array_agg(faulty.name ORDER BY faulty.place) AS names
    FROM faulty
    WHERE faulty.fault IS NOT NULL
    GROUP BY faulty.oid, faulty.identity, faulty.relname, faulty.relpages, faulty.fault
) AS f
