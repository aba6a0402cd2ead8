-- Tables with columns that, by name and type, refer to a table, as they do by a foreign key in most tables of the schema.
WITH used AS (
    -- Columns that are a foreign key of their own, where all of that name and type in a schema refer to the same.
    SELECT c.relnamespace AS schema_oid, a.attname, a.atttypid,
           pg_catalog.min(k.first) AS referenced, pg_catalog.min(k.first_attnum) AS referenced_attnum,
           pg_catalog.count(*) AS tables
    FROM (
        SELECT k.conrelid, k.conkey[1] AS attnum, pg_catalog.min(k.confrelid) AS first, pg_catalog.max(k.confrelid) AS last,
               pg_catalog.min(k.confkey[1]) AS first_attnum, pg_catalog.max(k.confkey[1]) AS last_attnum
        FROM pg_catalog.pg_constraint AS k
        WHERE k.contype = 'f' AND k.conparentid = 0 AND pg_catalog.cardinality(k.conkey) = 1
        GROUP BY k.conrelid, k.conkey[1]
    ) AS k
    JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = k.attnum
    GROUP BY c.relnamespace, a.attname, a.atttypid
    HAVING pg_catalog.count(*) >= 3
       AND pg_catalog.min(k.first) = pg_catalog.max(k.last)
       AND pg_catalog.min(k.first_attnum) = pg_catalog.max(k.last_attnum)
),
-- By itself: what most columns are called is none, and the search for those that lack it begins here.
custom AS MATERIALIZED (
    SELECT u.*, r.relname AS referenced_name, k.attname AS referenced_column,
           pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(r.relname) AS referenced_identity
    FROM used AS u
    JOIN pg_catalog.pg_class AS r ON r.oid = u.referenced
    JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
    JOIN pg_catalog.pg_attribute AS k
      ON k.attrelid = r.oid AND k.attnum = u.referenced_attnum AND k.atttypid = u.atttypid
    -- customer_id for customers.id, category_id for categories.id; or the same name in both, if it is not just id.
    WHERE CASE WHEN pg_catalog.lower(u.attname) = pg_catalog.lower(k.attname) THEN pg_catalog.strpos(u.attname, '_') > 1
               ELSE pg_catalog.lower(u.attname) IN (
                   pg_catalog.lower(r.relname || '_' || k.attname),
                   pg_catalog.lower(pg_catalog.regexp_replace(r.relname, 's$', '', 'i') || '_' || k.attname),
                   pg_catalog.lower(pg_catalog.regexp_replace(r.relname, 'es$', '', 'i') || '_' || k.attname),
                   pg_catalog.lower(pg_catalog.regexp_replace(r.relname, 'ies$', 'y', 'i') || '_' || k.attname)) END
),
-- All of the schema, whatever is asked for: what most of them do is the custom.
lacking AS (
    SELECT c.oid, a.attname, u.referenced_name, u.referenced_identity, u.referenced_column, u.tables,
           pg_catalog.count(*) OVER (PARTITION BY u.schema_oid, u.attname, u.atttypid) AS others
    FROM custom AS u
    JOIN pg_catalog.pg_attribute AS a
      ON a.attname = u.attname AND a.atttypid = u.atttypid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_catalog.pg_class AS c
      ON c.oid = a.attrelid AND c.relnamespace = u.schema_oid AND c.relkind = 'r' AND c.oid <> u.referenced
    -- A default stands for none, or counts its own.
    WHERE NOT a.atthasdef AND a.attidentity = ''
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_constraint AS k
          WHERE k.conrelid = c.oid AND k.contype = 'f' AND k.conkey @> ARRAY[a.attnum])
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits AS i WHERE i.inhrelid = c.oid)
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    t.relpages::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    l.columns,
    l.column_names,
    l.referenced_names,
    l.tables,
    l.statements
FROM subject AS t
JOIN (
    SELECT m.oid, pg_catalog.count(*) AS columns, pg_catalog.min(m.tables) AS tables,
           pg_catalog.string_agg('"' || m.attname || '"', ', ' ORDER BY m.attname) AS column_names,
           pg_catalog.string_agg('"' || m.referenced_name || '"', ', ' ORDER BY m.attname) AS referenced_names,
           pg_catalog.string_agg(
               pg_catalog.format('ALTER TABLE %s ADD FOREIGN KEY (%I) REFERENCES %s (%I) NOT VALID;',
                   pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
                   m.attname, m.referenced_identity, m.referenced_column), ' ' ORDER BY m.attname) AS statements
    FROM lacking AS m
    JOIN pg_catalog.pg_class AS c ON c.oid = m.oid
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    -- Where many lack it, they do so on purpose.
    WHERE m.tables >= 3 * m.others AND m.others <= 3
      -- orders.owner_id beside owner_type refers to one table or another.
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_attribute AS b
          WHERE b.attrelid = m.oid AND b.attnum > 0 AND NOT b.attisdropped
            AND b.attname = (pg_catalog.regexp_replace(m.attname, '_[^_]*$', '') || '_type')::pg_catalog.name)
    GROUP BY m.oid
) AS l ON l.oid = t.oid
WHERE t.relpersistence = 'p'
  -- One without any foreign key, or by its name, keeps what may be gone elsewhere: events, copies, a history.
  AND EXISTS (SELECT FROM pg_catalog.pg_constraint AS k WHERE k.conrelid = t.oid AND k.contype = 'f')
  AND t.relname !~* '(activit|aggregat|analytic|archiv|audit|backup|bak|cache|change|copy|delet|dump|event|fact|hist|import|journal|legacy|log|metric|migrat|old|outbox|queue|raw|removed|report|revision|session|snapshot|stag|stat|summar|sync|temp|tmp|track|trail|trash|version|visit)'
