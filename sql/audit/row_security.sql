-- Tables with row level security, or with policies.
SELECT
    'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS classid,
    t.oid AS objid,
    0::pg_catalog.int4 AS objsubid,
    t.identity,
    coalesce(tp.pages, t.relpages)::pg_catalog.int8 AS weight,
    t.relname AS table_name,
    -- It is read through its parent, whose policies then hold.
    t.relispartition AS is_partition,
    t.relrowsecurity AS is_enabled,
    c.relforcerowsecurity AS is_forced,
    o.rolname AS owner_name,
    p.policies,
    p.permissive_policies,
    -- Roles that have rights on it and are held to policies.
    g.names AS bound_roles,
    -- The owner logs in, or somebody who has its rights, and is no superuser.
    c.relowner IN (SELECT a.held FROM app AS a WHERE a.login <> 0 AND NOT a.bypasses) AS owner_logs_in,
    -- Nobody else has rights on it, on its columns or on all tables.
    NOT EXISTS (SELECT FROM pg_catalog.aclexplode(c.relacl) AS a WHERE a.grantee <> c.relowner)
        AND NOT EXISTS (
            SELECT FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = t.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped)
        AND NOT EXISTS (
            SELECT FROM app AS a
            JOIN pg_catalog.pg_roles AS r ON r.oid = a.held
            WHERE r.rolname IN ('pg_read_all_data', 'pg_write_all_data')) AS is_owners_alone,
    p.open_policies,
    p.opens_rows
-- By themselves: what follows is computed of each.
FROM (
    SELECT u.*
    FROM subject AS u
    WHERE u.relrowsecurity OR u.oid IN (SELECT q.polrelid FROM pg_catalog.pg_policy AS q)
    OFFSET 0
) AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.oid
JOIN pg_catalog.pg_roles AS o ON o.oid = c.relowner
LEFT JOIN tree_pages AS tp ON tp.root = t.oid
LEFT JOIN (
    SELECT a.oid AS table_oid,
           pg_catalog.string_agg(DISTINCT CASE a.grantee WHEN 0 THEN 'everybody' ELSE pg_catalog.format('"%s"', r.rolname) END, ', ') AS names,
           pg_catalog.array_agg(a.grantee) AS oids,
           pg_catalog.bool_or(a.privilege_type = 'INSERT') AS may_insert,
           pg_catalog.bool_or(a.privilege_type = 'UPDATE') AS may_update,
           pg_catalog.bool_or(a.privilege_type = 'DELETE') AS may_delete
    FROM granted AS a
    JOIN grantee AS e ON e.owner = a.owner AND e.oid = a.grantee AND e.is_bound
    LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
    WHERE a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
      AND a.oid IN (SELECT x.oid FROM pg_catalog.pg_class AS x WHERE x.relrowsecurity)
    GROUP BY a.oid
) AS g ON g.table_oid = t.oid
CROSS JOIN LATERAL (
    WITH policy AS MATERIALIZED (
        SELECT q.polname, q.polcmd, q.polpermissive, q.polroles,
               -- What it says of rows that are there, and of rows as they become, which is the same where nothing else is said.
               q.polcmd <> 'a' AND always.of_using AS is_open_before,
               CASE WHEN q.polwithcheck IS NULL THEN always.of_using ELSE always.of_check END AS is_open_after
        FROM pg_catalog.pg_policy AS q
        -- The condition as the server parsed it, without the places of its words. It is true where it is the constant, one constant
        -- that equals itself by an operator of the server's, or OR with true as the first or the last.
        CROSS JOIN LATERAL (
            SELECT coalesce(pg_catalog.bool_or(f.is_true) FILTER (WHERE f.part = 'using'), false) AS of_using,
                   coalesce(pg_catalog.bool_or(f.is_true) FILTER (WHERE f.part = 'check'), false) AS of_check
            FROM (
                SELECT n.part,
                       n.node ~ '^[{]CONST :consttype 16 [^{}]*:constisnull false [^{}]*:constvalue 1 [[] (0 )*1 (0 )*[]][}]$'
                       OR n.node ~ '^[{]BOOLEXPR :boolop or :args [(][{]CONST :consttype 16 [^{}]*:constisnull false [^{}]*:constvalue 1 [[] (0 )*1 (0 )*[]][}] '
                       OR n.node ~ '^[{]BOOLEXPR :boolop or .*[}] [{]CONST :consttype 16 [^{}]*:constisnull false [^{}]*:constvalue 1 [[] (0 )*1 (0 )*[]][}][)][}]$'
                       OR coalesce(n.same[1] = n.same[2] AND n.same[1] ~ ' :constisnull false ', false) AS is_true
                FROM (
                    SELECT w.part, w.node,
                           pg_catalog.regexp_match(w.node,
                               -- = of boolean, integers, text and numeric.
                               '^[{]OPEXPR :opno (?:91|94|96|98|410|1752) [^{}]*:args [(]([{]CONST [^{}]*[}]) ([{]CONST [^{}]*[}])[)][}]$') AS same
                    FROM (
                        SELECT v.part, pg_catalog.regexp_replace(v.tree, ' :location -?[0-9]+', '', 'g') AS node
                        FROM (VALUES ('using', q.polqual::pg_catalog.text), ('check', q.polwithcheck::pg_catalog.text)) AS v (part, tree)
                        -- What cannot be true is seen at its beginning.
                        WHERE v.tree ~ '^[{](CONST |BOOLEXPR :boolop or |OPEXPR :opno (91|94|96|98|410|1752) [^{}]*:args [(][{]CONST )'
                    ) AS w
                ) AS n
            ) AS f
        ) AS always
        WHERE q.polrelid = t.oid
    )
    SELECT pg_catalog.count(*) AS policies,
           pg_catalog.count(*) FILTER (WHERE y.polpermissive) AS permissive_policies,
           pg_catalog.string_agg(
               pg_catalog.format('"%s" (%s)', y.polname, opens.deeds), ', ' ORDER BY y.polname) FILTER (WHERE opens.deeds <> '') AS open_policies,
           coalesce(pg_catalog.bool_or(opens.deeds NOT IN ('', 'INSERT')), false) AS opens_rows
    FROM policy AS y
    -- Changes by everybody who has the right that no restrictive policy narrows.
    CROSS JOIN LATERAL (
        SELECT coalesce(pg_catalog.string_agg(k.deed, ', ' ORDER BY k.nr), '') AS deeds
        FROM (VALUES (1, 'a', 'INSERT', g.may_insert AND y.is_open_after),
                     (2, 'w', 'UPDATE', g.may_update AND y.is_open_before AND y.is_open_after),
                     (3, 'd', 'DELETE', g.may_delete AND y.is_open_before)) AS k (nr, letter, deed, is_open)
        WHERE y.polpermissive
          AND 0::pg_catalog.oid = ANY (y.polroles)
          AND k.is_open
          AND y.polcmd::pg_catalog.text IN (k.letter, '*')
          AND NOT EXISTS (
              SELECT FROM policy AS x
              WHERE NOT x.polpermissive
                AND x.polcmd::pg_catalog.text IN (k.letter, '*')
                -- For all of them.
                AND (0::pg_catalog.oid = ANY (x.polroles) OR x.polroles @> g.oids)
                AND CASE k.letter WHEN 'a' THEN NOT x.is_open_after WHEN 'd' THEN NOT x.is_open_before
                                  ELSE NOT (x.is_open_before AND x.is_open_after) END)
    ) AS opens
) AS p
