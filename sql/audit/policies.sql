-- Tables with row level security that somebody is held to, and what their policies cost. What policies say is looked into where the table
-- is large.
WITH RECURSIVE secured AS MATERIALIZED (
    SELECT t.oid, t.identity, t.schema_quoted, t.relname, t.relkind, t.schema_oid, c.relowner AS owner,
           c.relforcerowsecurity AS is_forced, counted.rows, coalesce(p.pages, t.relpages)::pg_catalog.int8 AS pages,
           coalesce(counted.rows >= 100000, false) AS is_large,
           -- A row takes 36 bytes and more. Asking for a size would wait behind whoever locks the table.
           CASE WHEN counted.rows IS NOT NULL THEN false
                WHEN t.oid IN (SELECT held.relation FROM held) THEN true
                ELSE pg_catalog.pg_relation_size(t.oid) >= 3600000 END AS may_be_large
    FROM subject AS t
    JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
    LEFT JOIN (
        SELECT m.root,
               pg_catalog.sum(r.relpages) AS pages,
               pg_catalog.sum(greatest(r.reltuples, pg_catalog.pg_stat_get_live_tuples(r.oid)::pg_catalog.float8, 0))
                   FILTER (WHERE r.relkind = 'r') AS rows
        FROM tree AS m
        JOIN pg_catalog.pg_class AS o ON o.oid = m.root AND o.relrowsecurity
        JOIN pg_catalog.pg_class AS r ON r.oid = m.member
        GROUP BY m.root
    ) AS p ON p.root = t.oid
    CROSS JOIN LATERAL (
        SELECT CASE WHEN t.relkind = 'p' THEN coalesce(p.rows, 0)
                    WHEN t.reltuples >= 0 OR pg_catalog.pg_stat_get_live_tuples(t.oid) > 0
                    THEN greatest(t.reltuples, pg_catalog.pg_stat_get_live_tuples(t.oid)::pg_catalog.float8) END AS rows
    ) AS counted
    -- Partitions are read through their parent, whose policies then hold.
    WHERE c.relrowsecurity AND NOT t.relispartition
      AND t.oid IN (SELECT q.polrelid FROM pg_catalog.pg_policy AS q WHERE q.polpermissive)
),
policy AS MATERIALIZED (
    SELECT q.oid, q.polrelid, q.polname, q.polcmd::pg_catalog.text AS command, q.polpermissive AS is_permissive, q.polroles AS roles,
           CASE WHEN s.is_large THEN q.polqual::pg_catalog.text END AS condition
    FROM secured AS s
    JOIN pg_catalog.pg_policy AS q ON q.polrelid = s.oid
),
named AS MATERIALIZED (
    SELECT q.role AS oid FROM policy AS p CROSS JOIN LATERAL pg_catalog.unnest(p.roles) AS q (role)
    UNION
    SELECT s.owner FROM secured AS s
    UNION
    SELECT g.grantee FROM granted AS g WHERE g.oid IN (SELECT s.oid FROM secured AS s)
),
-- Whose rights a role has as it is. Policies for roles that it would have to take by SET ROLE do not count before.
inherited AS (
    SELECT a.held AS role, a.held
    FROM app AS a
    WHERE a.held <> 0
    UNION
    SELECT h.role, m.roleid
    FROM inherited AS h
    JOIN pg_catalog.pg_roles AS r ON r.oid = h.held
    JOIN (
        SELECT a.member, a.roleid, (pg_catalog.to_jsonb(a) ->> 'inherit_option')::pg_catalog.bool AS option
        FROM pg_catalog.pg_auth_members AS a
        UNION ALL
        SELECT d.datdba, o.oid, true
        FROM pg_catalog.pg_database AS d
        JOIN pg_catalog.pg_roles AS o ON o.rolname = 'pg_database_owner'
        WHERE d.datname = pg_catalog.current_database()
    ) AS m ON m.member = h.held AND coalesce(m.option, r.rolinherit)
),
-- Roles that somebody is or can take, who is then held to policies: those for which the same hold are one.
class AS MATERIALIZED (
    SELECT pg_catalog.row_number() OVER () AS nr, x.roles
    FROM (
        SELECT pg_catalog.array_agg(h.held ORDER BY h.held) || 0::pg_catalog.oid AS roles
        FROM (
            SELECT a.held AS role
            FROM app AS a
            LEFT JOIN inherited AS i ON i.role = a.login AND i.held = a.held
            WHERE a.held <> 0 AND NOT a.bypasses AND (a.held = a.login OR i.role IS NULL)
            GROUP BY a.held
        ) AS a
        JOIN inherited AS h ON h.role = a.role
        WHERE h.held IN (SELECT n.oid FROM named AS n)
        GROUP BY a.role
        UNION
        -- Roles to come, and those that have only what everybody has.
        SELECT ARRAY[0::pg_catalog.oid]
    ) AS x
),
bound AS MATERIALIZED (
    SELECT s.oid, c.nr, c.roles, pg_catalog.array_agg(DISTINCT g.privilege_type) AS rights
    FROM secured AS s
    JOIN granted AS g ON g.oid = s.oid
    JOIN grantee AS e ON e.owner = s.owner AND e.oid = g.grantee AND e.is_bound
    JOIN class AS c ON g.grantee = ANY (c.roles) AND NOT s.owner = ANY (c.roles)
    GROUP BY s.oid, c.nr, c.roles
    UNION ALL
    SELECT s.oid, c.nr, c.roles, '{SELECT,INSERT,UPDATE,DELETE}'
    FROM secured AS s
    JOIN class AS c ON s.owner = ANY (c.roles)
    WHERE s.is_forced
),
-- Which policies hold for whom.
applied AS MATERIALIZED (
    SELECT p.*, b.nr AS class, b.rights
    FROM bound AS b
    JOIN policy AS p ON p.polrelid = b.oid AND p.roles && b.roles
    WHERE b.rights && CASE p.command WHEN 'r' THEN '{SELECT}' WHEN 'a' THEN '{INSERT}' WHEN 'w' THEN '{UPDATE}' WHEN 'd' THEN '{DELETE}'
                                     ELSE '{SELECT,INSERT,UPDATE,DELETE}' END::pg_catalog.text[]
),
-- Columns that an index begins with, one of the table or of a partition.
first_column AS MATERIALIZED (
    SELECT s.oid AS root, a.attname
    FROM secured AS s
    LEFT JOIN tree AS m ON m.root = s.oid
    JOIN pg_catalog.pg_index AS x ON x.indrelid = coalesce(m.member, s.oid) AND x.indisvalid
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
    WHERE s.is_large
),
-- What they say, of one after the other: few words each.
looked AS MATERIALIZED (
    SELECT p.oid AS policy, p.polrelid, p.polname, w.*
    FROM policy AS p
    CROSS JOIN LATERAL (
        WITH
        -- The conditions as the server parsed them: each brace with what is behind it up to the next, and how deep it is. A brace in a name
        -- has a backslash before it.
        piece AS MATERIALIZED (
            SELECT w.policy, w.nr, w.text, w.text ~ '^[{]' AS opens,
                   pg_catalog.sum(CASE WHEN w.text ~ '^[{]' THEN 1 ELSE -1 END) OVER (PARTITION BY w.policy ORDER BY w.nr)
                       + CASE WHEN w.text ~ '^[{]' THEN 0 ELSE 1 END AS depth
            FROM (
                SELECT p.oid AS policy, m.nr, m.found[1] AS text
                FROM pg_catalog.regexp_matches(
                    pg_catalog.regexp_replace(p.condition, pg_catalog.repeat(pg_catalog.chr(92), 2) || '.', '_', 'g'),
                    '[{}][^{}]*', 'g') WITH ORDINALITY AS m (found, nr)
            ) AS w
        ),
        node AS MATERIALIZED (
            SELECT p.policy, p.nr, p.depth, p.text, p.until
            FROM (
                -- What opens at a depth is closed by the next that is as deep.
                SELECT q.*, pg_catalog.lead(q.nr) OVER (PARTITION BY q.policy, q.depth ORDER BY q.nr) AS until
                FROM piece AS q
            ) AS p
            WHERE p.opens
        ),
        -- A column that equals something which is one for the whole statement, in a place where an index on it might serve: below AND and OR alone.
        comparison AS MATERIALIZED (
            SELECT n.policy, n.nr, n.until, a.attrelid, a.attnum, a.attname,
                   NOT EXISTS (
                       SELECT FROM node AS u
                       WHERE u.policy = n.policy AND u.nr < n.nr AND u.until > n.until AND u.text ~ '^[{]BOOLEXPR :boolop or ') AS is_certain,
                   (a.attrelid, a.attname) IN (SELECT f.root, f.attname FROM first_column AS f) AS is_indexed,
                   -- By the column's own collation, as an index on it is: current_user has another than most text.
                   pg_catalog.substring(n.text, ' :inputcollid ([0-9]+) ') = pg_catalog.substring(v.text, ' :varcollid ([0-9]+) ') AS is_own_order
            FROM node AS n
            JOIN node AS c ON c.policy = n.policy AND c.depth = n.depth + 1 AND c.nr > n.nr AND c.until < n.until
            JOIN node AS v ON v.policy = n.policy AND v.nr = c.nr + CASE WHEN c.text ~ '^[{]RELABELTYPE ' THEN 1 ELSE 0 END
            JOIN node AS o ON o.policy = n.policy AND o.depth = n.depth + 1 AND o.nr > n.nr AND o.until < n.until AND o.nr <> c.nr
            JOIN pg_catalog.pg_attribute AS a
              ON a.attrelid = p.polrelid AND a.attnum = pg_catalog.substring(v.text, ' :varattno ([0-9]+) ')::pg_catalog.int2 AND a.attnum > 0
            WHERE (n.text ~ '^[{]OPEXPR ' OR (n.text ~ '^[{]SCALARARRAYOPEXPR .* :useOr true ' AND c.nr = n.nr + 1))
              AND v.text ~ '^[{]VAR .* :varlevelsup 0 '
              -- varchar is indexed as text.
              AND (c.nr = v.nr OR v.text ~ ' :vartype 1043 ')
              AND EXISTS (
                  SELECT FROM pg_catalog.pg_amop AS f
                  JOIN pg_catalog.pg_am AS am ON am.oid = f.amopmethod AND am.amname = 'btree'
                  WHERE f.amopopr = pg_catalog.substring(n.text, ' :opno ([0-9]+) ')::pg_catalog.oid AND f.amopstrategy = 3)
              AND NOT EXISTS (
                  SELECT FROM node AS u
                  WHERE u.policy = n.policy AND u.nr < n.nr AND u.until > n.until AND u.text !~ '^[{]BOOLEXPR :boolop (and|or) ')
              -- No row's column, and no function of which each call may give something else.
              AND NOT EXISTS (
                  SELECT FROM node AS u
                  WHERE u.policy = n.policy AND u.nr >= o.nr AND u.until <= o.until
                    AND CASE WHEN u.text ~ '^[{](VAR|FUNCEXPR) ' AND NOT EXISTS (
                                 SELECT FROM node AS q
                                 WHERE q.policy = u.policy AND q.nr < u.nr AND q.until > u.until AND q.nr > n.nr AND q.text ~ '^[{]QUERY ')
                             THEN u.text ~ '^[{]VAR '
                                  OR (SELECT f.provolatile = 'v' FROM pg_catalog.pg_proc AS f
                                      WHERE f.oid = pg_catalog.substring(u.text, ' :funcid ([0-9]+) ')::pg_catalog.oid)
                             ELSE u.text ~ '^[{]VAR .* :varlevelsup [1-9]' END)
        ),
        -- Those by which an index finds the rows: where a condition is OR, each side has to have one.
        found AS MATERIALIZED (
            SELECT c.policy, c.nr, c.until
            FROM comparison AS c
            WHERE c.is_indexed
              AND (c.is_certain
                   OR NOT EXISTS (
                       SELECT FROM node AS u
                       JOIN node AS arm ON arm.policy = u.policy AND arm.depth = u.depth + 1 AND arm.nr > u.nr AND arm.until < u.until
                       WHERE u.policy = c.policy AND u.nr < c.nr AND u.until > c.until AND u.text ~ '^[{]BOOLEXPR :boolop or '
                         AND NOT EXISTS (
                             SELECT FROM comparison AS o
                             WHERE o.policy = arm.policy AND o.is_indexed AND o.nr >= arm.nr AND o.until <= arm.until)))
        ),
        -- Functions that are called for each row, although nothing in them depends on it: outside of a sub-select, and not what an index is asked for.
        call AS MATERIALIZED (
            SELECT n.policy,
                   -- The column that an index would have to be on.
                   (SELECT c.attname FROM comparison AS c
                    WHERE c.policy = n.policy AND c.is_certain AND c.nr < n.nr AND c.until > n.until) AS compared,
                   CASE WHEN f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace THEN pg_catalog.quote_ident(f.proname)
                        ELSE pg_catalog.format('%I.%I', s.nspname, f.proname) END || '()' AS name
            FROM node AS n
            JOIN pg_catalog.pg_proc AS f ON f.oid = pg_catalog.substring(n.text, ' :funcid ([0-9]+) ')::pg_catalog.oid
            JOIN pg_catalog.pg_namespace AS s ON s.oid = f.pronamespace
            WHERE n.text ~ '^[{]FUNCEXPR '
              -- Of the server's, those that look something up. now() costs nothing.
              AND CASE WHEN f.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
                       THEN f.provolatile = 's' AND f.proname ~ '^(current_setting|pg_has_role|has_.*_privilege)$'
                       ELSE f.provolatile = 's'
                            -- Many are called volatile because nobody said what they are, but an extension means it.
                            OR (f.provolatile = 'v' AND NOT EXISTS (
                                SELECT FROM pg_catalog.pg_depend AS d
                                WHERE d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = f.oid AND d.deptype = 'e')) END
              AND NOT EXISTS (
                  SELECT FROM node AS u
                  WHERE u.policy = n.policy
                    AND ((u.nr > n.nr AND u.until < n.until AND u.text ~ '^[{](VAR|QUERY) ')
                         OR (u.nr < n.nr AND u.until > n.until AND u.text ~ '^[{]QUERY ')))
              AND NOT EXISTS (
                  SELECT FROM found AS o WHERE o.policy = n.policy AND o.nr < n.nr AND o.until > n.until)
        )
        SELECT c.attnum, c.attname, c.is_certain AND c.is_own_order AND NOT c.is_indexed AS is_wanted,
               EXISTS (SELECT FROM found AS f WHERE f.nr = c.nr) AS is_found, NULL::pg_catalog.text AS function_name, NULL::pg_catalog.name AS compared
        FROM comparison AS c
        UNION ALL
        SELECT NULL, NULL, false, false, l.name, l.compared
        FROM call AS l
    ) AS w
    WHERE p.condition IS NOT NULL
      AND p.oid IN (SELECT a.oid FROM applied AS a WHERE a.rights && '{SELECT,UPDATE,DELETE}'::pg_catalog.text[])
),
-- Columns that alone say which rows somebody sees: of the policies that narrow, and of the one that opens. Where several open, an index
-- would have to serve all of them.
searched AS MATERIALIZED (
    SELECT DISTINCT x.polrelid, c.attnum, c.attname, x.polname
    FROM (
        SELECT a.*,
               pg_catalog.count(*) FILTER (WHERE a.is_permissive) OVER whole AS opening,
               pg_catalog.bool_or(a.oid IN (SELECT f.policy FROM looked AS f WHERE f.is_found)) OVER whole AS is_found
        FROM applied AS a
        WHERE a.command IN ('r', '*') AND 'SELECT' = ANY (a.rights)
          -- An array, which is made once.
          AND a.polrelid = ANY (ARRAY(SELECT l.polrelid FROM looked AS l WHERE l.is_wanted))
        WINDOW whole AS (PARTITION BY a.polrelid, a.class)
    ) AS x
    JOIN looked AS c ON c.policy = x.oid AND c.is_wanted
    WHERE x.opening > 0 AND NOT x.is_found AND (x.opening = 1 OR NOT x.is_permissive)
),
-- Policies for one command of which nobody is held to one alone.
together AS MATERIALIZED (
    SELECT m.polrelid,
           pg_catalog.string_agg(m.names || ' (' || CASE m.command WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                                     WHEN 'd' THEN 'DELETE' ELSE 'ALL' END || ')', ', ' ORDER BY m.names) AS policies
    FROM (
        SELECT x.polrelid, x.command, pg_catalog.string_agg(pg_catalog.format('"%s"', x.polname), ', ' ORDER BY x.polname) AS names
        FROM (
            SELECT a.polrelid, a.oid, a.polname, a.command, pg_catalog.array_agg(a.class ORDER BY a.class) AS classes
            FROM applied AS a
            WHERE a.is_permissive
            GROUP BY a.polrelid, a.oid, a.polname, a.command
        ) AS x
        GROUP BY x.polrelid, x.command, x.classes
        HAVING pg_catalog.count(*) > 1
    ) AS m
    GROUP BY m.polrelid
)
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    s.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    s.identity,
    s.pages AS weight,
    s.relname AS table_name,
    s.relkind = 'p' AS is_partitioned,
    s.rows::pg_catalog.int8 AS table_rows,
    s.pages * pg_catalog.current_setting('block_size')::pg_catalog.int8 AS table_bytes,
    -- The column with most values.
    best.attname AS searched_column,
    best.polname AS searched_policy,
    best.values AS searched_values,
    -- Why that cannot be said, once for all of which it cannot.
    CASE WHEN pg_catalog.row_number() OVER (PARTITION BY unknown.reason IS NULL ORDER BY s.identity) = 1 THEN unknown.reason END AS search_unknown,
    CASE WHEN pg_catalog.row_number() OVER (PARTITION BY s.may_be_large ORDER BY s.identity) = 1 AND s.may_be_large
         THEN 'Nobody counted the rows of a table yet: run ANALYZE first.' END AS calls_unknown,
    CASE WHEN best.attname IS NOT NULL THEN
        pg_catalog.format('CREATE INDEX %sON %s (%I);', CASE WHEN s.relkind = 'p' THEN '' ELSE 'CONCURRENTLY ' END, s.identity, best.attname) END AS create_index,
    together.policies AS permissive_policies,
    called.functions AS called_functions,
    called.policies AS calling_policies
FROM secured AS s
LEFT JOIN together ON together.polrelid = s.oid
LEFT JOIN LATERAL (
    SELECT c.attname, c.polname, readable.is_readable,
           CASE WHEN v.n_distinct < 0 THEN -v.n_distinct * s.rows ELSE nullif(v.n_distinct, 0) END::pg_catalog.int8 AS values
    FROM searched AS c
    CROSS JOIN LATERAL (
        SELECT pg_catalog.has_column_privilege(c.polrelid, c.attnum, 'SELECT') AND NOT pg_catalog.row_security_active(c.polrelid) AS is_readable
    ) AS readable
    LEFT JOIN LATERAL (
        SELECT x.n_distinct
        FROM pg_catalog.pg_stats AS x
        JOIN pg_catalog.pg_namespace AS n ON n.nspname = x.schemaname AND n.oid = s.schema_oid
        WHERE x.tablename = s.relname AND x.attname = c.attname AND x.inherited = (s.relkind = 'p')
        LIMIT 1
    ) AS v ON readable.is_readable
    WHERE c.polrelid = s.oid AND s.is_large
    ORDER BY values DESC NULLS LAST, c.attname, c.polname
    LIMIT 1
) AS best ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.may_be_large THEN 'Nobody counted the rows of a table yet: run ANALYZE first.'
                WHEN best.attname IS NULL OR best.values IS NOT NULL THEN NULL
                WHEN NOT best.is_readable THEN 'This role may not read statistics of a column that a policy compares.'
                ELSE 'Nobody counted the values of a column that a policy compares: run ANALYZE first.' END AS reason
) AS unknown
LEFT JOIN LATERAL (
    SELECT pg_catalog.string_agg(DISTINCT c.function_name, ', ' ORDER BY c.function_name) AS functions,
           pg_catalog.string_agg(DISTINCT pg_catalog.format('"%s"', c.polname), ', ' ORDER BY pg_catalog.format('"%s"', c.polname)) AS policies
    FROM looked AS c
    WHERE s.is_large AND c.polrelid = s.oid AND c.function_name IS NOT NULL
      -- With an index there, it is called once.
      AND (c.compared IS NULL OR best.values <= 10 OR c.compared IS DISTINCT FROM best.attname)
) AS called ON s.is_large
-- As a condition, and not as a join, which would loop.
WHERE (s.oid IN (SELECT b.oid FROM bound AS b)) IS TRUE
