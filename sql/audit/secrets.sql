-- Columns whose names say that they hold secrets or what is nobody else's business, in tables without row level security whose rows somebody
-- reads who does not write them. Who writes in such a table has a task there.
WITH secret AS MATERIALIZED (
    SELECT t.oid, t.identity, t.relname, t.relpages, t.relowner, pg_catalog.count(*) AS columns,
           pg_catalog.string_agg(pg_catalog.format('"%s"', a.attname), ', ' ORDER BY a.attnum) AS names
    FROM subject AS t
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
    -- As texts alone: password_changed is a time, token_count a number.
    JOIN pg_catalog.pg_type AS y ON y.oid = a.atttypid AND (y.typcategory = 'S' OR y.typname = 'bytea')
    WHERE NOT t.relispartition AND NOT t.relrowsecurity
      AND pg_catalog.lower(a.attname::pg_catalog.text) ~ (
          '^(.*_)?(password|passwd|passphrase|pwd)(_(hash|digest|encrypted))?$|^(hashed|encrypted)_?password$'
          '|^(.*_)?(api_?key|secret|secret_?key|private_?key|access_?token|refresh_?token|auth_?token|session_?token)$'
          '|^(.*_)?(ssn|social_security_number|iban|credit_?card(_number)?|card_?number|cvv|cvc)$')
    GROUP BY t.oid, t.identity, t.relname, t.relpages, t.relowner
),
-- Roles that log in, with all that they may do there by whatever role.
may AS MATERIALIZED (
    SELECT s.oid, p.login, pg_catalog.bool_or(g.privilege_type = 'SELECT') AS reads,
           pg_catalog.bool_or(g.privilege_type IN ('INSERT', 'UPDATE', 'DELETE')) AS writes
    FROM secret AS s
    JOIN granted AS g ON g.oid = s.oid
    JOIN app AS p ON p.held = g.grantee
    WHERE NOT EXISTS (SELECT FROM app AS w WHERE w.login = p.login AND w.held = s.relowner)
    GROUP BY s.oid, p.login
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    s.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    s.identity,
    s.relpages::pg_catalog.int8 AS weight,
    s.relname AS table_name,
    s.columns,
    s.names,
    r.readers
FROM secret AS s
JOIN (
    -- Everybody says it for all.
    SELECT m.oid, CASE WHEN pg_catalog.bool_or(m.login = 0) THEN 'everybody'
                       ELSE pg_catalog.string_agg(pg_catalog.format('"%s"', o.rolname), ', ' ORDER BY o.rolname) END AS readers
    FROM may AS m
    LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = m.login
    WHERE m.reads AND NOT m.writes
    GROUP BY m.oid
) AS r ON r.oid = s.oid
