-- What is wrong with partitions, and the SQL that mends it. As all that only looks: from the catalog, without a lock that could wait.

-- What is granted on a relation and its columns to others than its owner.
CREATE FUNCTION warden_internal.relation_grants(
    relation pg_catalog.oid,
    OUT grantee pg_catalog.oid, OUT grantor pg_catalog.oid, OUT is_grantable pg_catalog.bool, OUT privilege_type pg_catalog.text,
    OUT column_name pg_catalog.name)
    RETURNS SETOF pg_catalog.record LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT x.grantee, x.grantor, x.is_grantable, x.privilege_type, NULL::pg_catalog.name
    FROM pg_catalog.pg_class AS c
    CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS x
    WHERE c.oid = relation AND x.grantee <> c.relowner
    UNION ALL
    SELECT x.grantee, x.grantor, x.is_grantable, x.privilege_type, a.attname
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND NOT a.attisdropped
    CROSS JOIN LATERAL pg_catalog.aclexplode(a.attacl) AS x
    WHERE c.oid = relation AND x.grantee <> c.relowner;
END;
COMMENT ON FUNCTION warden_internal.relation_grants(pg_catalog.oid) IS 'pg_warden: what is granted on a relation and its columns';

-- How what is granted on a partition differs from what is on its table; no row: it does not. Owners need no grants.
CREATE FUNCTION warden_internal.grants_unlike(parent pg_catalog.oid, partition pg_catalog.oid, OUT detail pg_catalog.text, OUT fix_sql pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH of AS MATERIALIZED (
        SELECT c.oid AS relation, g.grantee, g.is_grantable, pg_catalog.bool_and(g.grantor = c.relowner) AS is_owners,
               g.privilege_type || coalesce(' (' || pg_catalog.quote_ident(g.column_name) || ')', '') AS privilege
        FROM pg_catalog.pg_class AS c
        CROSS JOIN LATERAL warden_internal.relation_grants(c.oid) AS g
        WHERE c.oid IN (parent, partition)
          AND g.grantee NOT IN (SELECT o.relowner FROM pg_catalog.pg_class AS o WHERE o.oid IN (parent, partition))
        GROUP BY c.oid, g.grantee, g.is_grantable, g.privilege_type, g.column_name
    ), asked AS (
        SELECT f.grantee, pg_catalog.string_agg(f.grant_sql, ' ' ORDER BY f.is_grantable) AS grant_sql
        FROM (SELECT g.grantee, g.is_grantable,
                     pg_catalog.format('GRANT %s ON %%1$s TO %%2$s%s;', pg_catalog.string_agg(pg_catalog.replace(g.privilege, '%', '%%'), ', ' ORDER BY g.privilege),
                                       CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END) AS grant_sql
              FROM of AS g WHERE g.relation = parent GROUP BY g.grantee, g.is_grantable) AS f
        GROUP BY f.grantee
    ), unlike AS (
        SELECT coalesce(a.grantee, f.grantee) AS grantee,
               pg_catalog.string_agg(a.privilege || CASE WHEN a.is_grantable THEN ' with grant option' ELSE '' END, ', ' ORDER BY a.privilege)
                   FILTER (WHERE f.grantee IS NULL) AS missing,
               pg_catalog.string_agg(f.privilege || CASE WHEN f.is_grantable THEN ' with grant option' ELSE '' END, ', ' ORDER BY f.privilege)
                   FILTER (WHERE a.grantee IS NULL) AS more,
               -- REVOKE takes back what the owner has granted, and nothing else.
               coalesce(pg_catalog.bool_and(f.is_owners) FILTER (WHERE a.grantee IS NULL), true) AS can_be_mended
        FROM (SELECT g.* FROM of AS g WHERE g.relation = parent) AS a
        FULL JOIN (SELECT g.* FROM of AS g WHERE g.relation = partition) AS f
          ON f.grantee = a.grantee AND f.is_grantable = a.is_grantable AND f.privilege = a.privilege
        WHERE a.grantee IS NULL OR f.grantee IS NULL
        GROUP BY 1
    )
    SELECT pg_catalog.string_agg(pg_catalog.concat_ws('; ', x.role || ' lacks ' || u.missing, x.role || ' has ' || u.more || ' beside'), '; ' ORDER BY x.role),
           CASE WHEN pg_catalog.bool_and(u.can_be_mended) THEN pg_catalog.string_agg(
               pg_catalog.concat_ws(' ', CASE WHEN u.more IS NOT NULL THEN pg_catalog.format('REVOKE ALL ON %s FROM %s;', x.identity, x.role) END,
                                    pg_catalog.format(a.grant_sql, x.identity, x.role)), ' ' ORDER BY x.role) END
    FROM unlike AS u
    LEFT JOIN asked AS a ON a.grantee = u.grantee
    CROSS JOIN LATERAL (
        SELECT CASE u.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(u.grantee)) END,
               pg_catalog.format('%I.%I', n.nspname, c.relname)
        FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.oid = partition
    ) AS x (role, identity)
    HAVING pg_catalog.count(*) > 0;
END;
COMMENT ON FUNCTION warden_internal.grants_unlike(pg_catalog.oid, pg_catalog.oid) IS
    'pg_warden: how the grants on a partition differ from those on its table';

-- How the policies of a partition differ from those of its table; no row: they do not, or somebody holds what they name.
CREATE FUNCTION warden_internal.policies_unlike(parent pg_catalog.oid, partition pg_catalog.oid, OUT detail pg_catalog.text, OUT fix_sql pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH t AS (
        SELECT p.oid, p.relname, pg_catalog.format('%I.%I', n.nspname, p.relname) AS identity, p.relforcerowsecurity, t.relforcerowsecurity AS asks_force
        FROM pg_catalog.pg_class AS p
        JOIN pg_catalog.pg_namespace AS n ON n.oid = p.relnamespace
        JOIN pg_catalog.pg_class AS t ON t.oid = parent
        WHERE p.oid = partition
          -- Each policy depends on its table and on what it names.
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_locks AS l
              JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = l.relation
              JOIN pg_catalog.pg_policy AS q ON q.oid = d.objid AND d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass
              WHERE q.polrelid IN (parent, partition) AND l.mode = 'AccessExclusiveLock' AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
                AND l.database = (SELECT b.oid FROM pg_catalog.pg_database AS b WHERE b.datname = pg_catalog.current_database()))
    ), unlike AS (
        SELECT t.identity, x.*
        FROM t
        CROSS JOIN LATERAL (
            SELECT coalesce(a.policy, f.policy), a.sql, f.sql
            FROM warden_internal.policies_for(parent, t.identity, t.relname::pg_catalog.text) AS a
            FULL JOIN warden_internal.policies_for(t.oid, t.identity, t.relname::pg_catalog.text) AS f ON f.policy = a.policy
            WHERE a.sql IS DISTINCT FROM f.sql
        ) AS x (policy, asked, found)
        UNION ALL
        SELECT t.identity, NULL, 'ALTER TABLE ' || t.identity || CASE WHEN t.asks_force THEN ' FORCE' ELSE ' NO FORCE' END || ' ROW LEVEL SECURITY', NULL
        FROM t
        WHERE t.relforcerowsecurity <> t.asks_force
    )
    SELECT pg_catalog.string_agg(CASE WHEN u.policy IS NULL THEN 'FORCE ROW LEVEL SECURITY differs'
                                      WHEN u.found IS NULL THEN 'policy ' || u.policy || ' is missing'
                                      WHEN u.asked IS NULL THEN 'policy ' || u.policy || ' is beside'
                                      ELSE 'policy ' || u.policy || ' is another' END, '; ' ORDER BY u.policy NULLS FIRST),
           pg_catalog.string_agg(pg_catalog.concat_ws(' ', CASE WHEN u.found IS NOT NULL THEN pg_catalog.format('DROP POLICY %s ON %s;', u.policy, u.identity) END,
                                                      u.asked || ';'), ' ' ORDER BY u.policy NULLS FIRST)
    FROM unlike AS u
    HAVING pg_catalog.count(*) > 0;
END;
COMMENT ON FUNCTION warden_internal.policies_unlike(pg_catalog.oid, pg_catalog.oid) IS
    'pg_warden: how the policies of a partition differ from those of its table';

-- Who reads or writes a partition without row level security past the policies of its table; no row: nobody. Policies hold for neither
-- superusers nor the owner, and hide nothing where one lets everything pass.
CREATE FUNCTION warden_internal.grants_past_policies(
    parent pg_catalog.oid, partition pg_catalog.oid, OUT detail pg_catalog.text, OUT fix_sql pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT pg_catalog.string_agg(g.role || ' has ' || g.privileges, '; ' ORDER BY g.role),
           pg_catalog.string_agg(pg_catalog.format('REVOKE %s ON %s FROM %s;', g.privileges, g.identity, g.role), ' ' ORDER BY g.role)
    FROM (
        SELECT x.role, pg_catalog.format('%I.%I', n.nspname, r.relname) AS identity,
               pg_catalog.string_agg(DISTINCT g.privilege_type || coalesce(' (' || pg_catalog.quote_ident(g.column_name) || ')', ''), ', ') AS privileges
        FROM pg_catalog.pg_class AS t
        JOIN pg_catalog.pg_class AS r ON r.oid = partition AND NOT r.relrowsecurity
        JOIN pg_catalog.pg_namespace AS n ON n.oid = r.relnamespace
        CROSS JOIN LATERAL warden_internal.relation_grants(r.oid) AS g
        LEFT JOIN pg_catalog.pg_roles AS o ON o.oid = g.grantee
        CROSS JOIN LATERAL (
            SELECT CASE g.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(o.rolname) END,
                   CASE g.grantee WHEN 0 THEN 'public' ELSE o.rolname END,
                   CASE g.privilege_type WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' WHEN 'DELETE' THEN 'd' END
        ) AS x (role, name, command)
        WHERE t.oid = parent AND t.relrowsecurity AND x.command IS NOT NULL AND g.grantee <> t.relowner
          AND (g.grantee = 0 OR NOT (o.rolsuper OR o.rolbypassrls OR pg_catalog.pg_has_role(g.grantee, t.relowner, 'USAGE')))
          AND NOT (
              CASE WHEN g.column_name IS NULL THEN pg_catalog.has_table_privilege(x.name, t.oid, g.privilege_type)
                   ELSE pg_catalog.has_column_privilege(x.name, t.oid, g.column_name::pg_catalog.text, g.privilege_type) END
              AND EXISTS (
                  SELECT FROM pg_catalog.pg_policy AS q
                  WHERE q.polrelid = t.oid AND q.polpermissive AND q.polcmd IN ('*', x.command::"char")
                    AND EXISTS (SELECT FROM pg_catalog.unnest(q.polroles) AS p (oid)
                                WHERE p.oid = 0 OR g.grantee <> 0 AND pg_catalog.pg_has_role(g.grantee, p.oid, 'USAGE'))
                    -- A constant is printed without a look at the table, which somebody may hold.
                    AND (x.command = 'a' OR CASE WHEN q.polqual::pg_catalog.text LIKE '{CONST%' THEN pg_catalog.pg_get_expr(q.polqual, 0) = 'true' ELSE false END)
                    AND (x.command NOT IN ('a', 'w')
                         OR CASE WHEN coalesce(q.polwithcheck, q.polqual)::pg_catalog.text LIKE '{CONST%'
                                 THEN pg_catalog.pg_get_expr(coalesce(q.polwithcheck, q.polqual), 0) = 'true' ELSE false END))
              AND NOT EXISTS (SELECT FROM pg_catalog.pg_policy AS q WHERE q.polrelid = t.oid AND NOT q.polpermissive))
        GROUP BY x.role, n.nspname, r.relname
    ) AS g
    HAVING pg_catalog.count(*) > 0;
END;
COMMENT ON FUNCTION warden_internal.grants_past_policies(pg_catalog.oid, pg_catalog.oid) IS
    'pg_warden: who reaches a partition past the row level security of its table';

-- Rows of warden.check_partitions. parent: NULL for all tables whose key says a time.
CREATE FUNCTION warden_internal.partition_problems(
    parent pg_catalog.oid,
    OUT table_name pg_catalog.text, OUT severity pg_catalog.text, OUT problem pg_catalog.text, OUT partition pg_catalog.text,
    OUT lower_bound pg_catalog.text, OUT upper_bound pg_catalog.text, OUT detail pg_catalog.text, OUT fix_sql pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp SET DateStyle = 'ISO' SET TimeZone = 'UTC'
BEGIN ATOMIC
    WITH t AS MATERIALIZED (
        SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname) AS identity, c.relowner, c.relrowsecurity, c.relreplident, c.relpersistence,
               p.partdefid, x.encoding, m.premake, m.enabled, coalesce(m.copy_grants, false) AS copies_grants,
               CASE WHEN m.copy_grants AND c.relrowsecurity THEN warden_internal.policy_hindrance(c.oid) END AS hindrance, s.last_run, s.last_error, s.sqlstate, s.partitions_ahead, s.covered_until,
               s.scheduler, s.scheduler_alive, coalesce(m.time_zone, warden_internal.partition_zone(c.oid)) AS zone
        FROM pg_catalog.pg_partitioned_table AS p
        JOIN pg_catalog.pg_class AS c ON c.oid = p.partrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        CROSS JOIN LATERAL (SELECT warden_internal.partition_encoding(c.oid)) AS x (encoding)
        LEFT JOIN warden.partition_policies AS m ON m.table_name = pg_catalog.format('%I.%I', n.nspname, c.relname)
        LEFT JOIN warden.partition_maintenance_status AS s ON s.table_name = m.table_name
        WHERE p.partstrat = 'r' AND c.relpersistence <> 't'
          AND CASE WHEN parent IS NULL THEN x.encoding IS NOT NULL ELSE c.oid = parent END
    ), r AS MATERIALIZED (
        SELECT t.oid AS parent_oid, b.*, pg_catalog.format('%I.%I', n.nspname, c.relname) AS identity, c.relkind, c.relowner, c.relrowsecurity,
               c.relreplident, c.relpersistence, c.reltuples
        FROM t
        CROSS JOIN LATERAL warden_internal.partition_ranges(t.oid, t.zone) AS b
        JOIN pg_catalog.pg_class AS c ON c.oid = b.partition
        JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    )
    SELECT t.identity, f.severity, f.problem, f.partition, f.lower_bound, f.upper_bound, f.detail, f.fix_sql
    FROM t
    CROSS JOIN LATERAL (
        SELECT 1, CASE WHEN t.partdefid = 0 THEN 'error' ELSE 'warning' END, 'gap', NULL, g.lower_bound, g.upper_bound,
               CASE WHEN t.partdefid = 0 THEN 'Rows of this range are refused.' ELSE 'Rows of this range go into the default partition.' END,
               pg_catalog.format('SELECT * FROM warden.fill_partition_gaps(%L);', t.identity)
        FROM warden.partition_gaps(t.identity) AS g
        UNION ALL
        SELECT 2, CASE WHEN t.enabled AND t.partdefid = 0 THEN 'error' ELSE 'warning' END, 'no_current', NULL, NULL, NULL,
               CASE WHEN t.partdefid = 0 THEN 'No partition holds now: rows of now are refused.'
                    ELSE 'No partition holds now: rows of now go into the default partition.' END,
               CASE WHEN t.enabled THEN pg_catalog.format('CALL warden.partition_maintenance(%L);', t.identity)
                    ELSE pg_catalog.format('SELECT * FROM warden.manage_partitions(%L);', t.identity) END
        WHERE t.encoding IS NOT NULL
          AND NOT EXISTS (SELECT FROM r WHERE r.parent_oid = t.oid AND NOT r.is_default AND NOT r.detach_pending
                                          AND r.lower_at <= pg_catalog.now() AND r.upper_at > pg_catalog.now())
        UNION ALL
        SELECT 3, CASE WHEN t.partitions_ahead = 0 THEN 'error' ELSE 'warning' END, 'low_coverage', NULL, NULL, t.covered_until::pg_catalog.text,
               pg_catalog.format('%s of %s partitions ahead are there.', t.partitions_ahead, t.premake),
               pg_catalog.format('CALL warden.partition_maintenance(%L);', t.identity)
        WHERE t.enabled AND t.partitions_ahead < t.premake
          AND NOT EXISTS (SELECT FROM r WHERE r.parent_oid = t.oid AND r.upper_at = 'infinity')
        UNION ALL
        SELECT 4, 'warning', 'blocked_by_catch_all', r.identity, r.lower_bound, r.upper_bound,
               'It holds all that comes: no partition can be made behind it. Detach it if it is empty, else move its rows first.', NULL
        FROM r WHERE r.parent_oid = t.oid AND r.upper_at = 'infinity' AND NOT r.is_default AND NOT r.detach_pending
        UNION ALL
        SELECT 5, 'warning', 'default_has_rows', r.identity, NULL, NULL,
               pg_catalog.format('It has about %s rows, which are read whenever a partition is made.',
                                 greatest(r.reltuples, pg_catalog.pg_stat_get_live_tuples(r.partition))::pg_catalog.int8),
               pg_catalog.format('CALL warden.drain_default_partition(%L);', t.identity)
        FROM r WHERE r.parent_oid = t.oid AND r.is_default AND greatest(r.reltuples, pg_catalog.pg_stat_get_live_tuples(r.partition)) > 0
        UNION ALL
        SELECT 6, 'warning', 'detach_pending', r.identity, r.lower_bound, r.upper_bound,
               'Its DETACH CONCURRENTLY was not finished: it keeps its range, and rows of it are refused.',
               pg_catalog.format('ALTER TABLE %s DETACH PARTITION %s FINALIZE;', t.identity, r.identity)
        FROM r WHERE r.parent_oid = t.oid AND r.detach_pending
        UNION ALL
        SELECT 7, 'warning', 'owner_mismatch', r.identity, r.lower_bound, r.upper_bound,
               pg_catalog.format('It belongs to %I, the table to %I: ALTER TABLE by the owner of the table fails at it.',
                                 pg_catalog.pg_get_userbyid(r.relowner), pg_catalog.pg_get_userbyid(t.relowner)),
               pg_catalog.format('ALTER TABLE %s OWNER TO %I;', r.identity, pg_catalog.pg_get_userbyid(t.relowner))
        FROM r WHERE r.parent_oid = t.oid AND r.relowner <> t.relowner
        UNION ALL
        SELECT 8, 'warning', 'rls_mismatch', r.identity, r.lower_bound, r.upper_bound,
               'The table has row level security, the partition has none: who may read it by itself reads all of it.',
               pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', r.identity)
        FROM r WHERE r.parent_oid = t.oid AND t.relrowsecurity AND NOT r.relrowsecurity AND r.relkind IN ('r', 'p')
        UNION ALL
        SELECT 9, 'warning', 'rls_mismatch', r.identity, r.lower_bound, r.upper_bound,
               pg_catalog.format('copy_grants is on, but row level security is not that of the table: %s.', p.detail), p.fix_sql
        FROM r CROSS JOIN LATERAL warden_internal.policies_unlike(t.oid, r.partition) AS p
        WHERE r.parent_oid = t.oid AND t.copies_grants AND t.relrowsecurity AND t.hindrance IS NULL AND r.relkind IN ('r', 'p') AND NOT r.detach_pending
        UNION ALL
        SELECT 10, 'warning', 'grants_mismatch', r.identity, r.lower_bound, r.upper_bound,
               pg_catalog.format('copy_grants is on, but the grants are not those of the table: %s.', g.detail), g.fix_sql
        FROM r CROSS JOIN LATERAL warden_internal.grants_unlike(t.oid, r.partition) AS g
        WHERE r.parent_oid = t.oid AND t.copies_grants AND t.hindrance IS NULL AND r.relkind IN ('r', 'p') AND NOT r.detach_pending
        UNION ALL
        SELECT 11, 'warning', 'grants_mismatch', NULL, NULL, NULL,
               pg_catalog.format('copy_grants is on, but new partitions get no grants: they cannot have the policies of the table, for %s.', t.hindrance), NULL
        WHERE t.hindrance IS NOT NULL
        UNION ALL
        SELECT 12, 'warning', 'grants_mismatch', r.identity, r.lower_bound, r.upper_bound,
               pg_catalog.format('Policies of the table do not hold for who reaches the partition by itself: %s.', g.detail), g.fix_sql
        FROM r CROSS JOIN LATERAL warden_internal.grants_past_policies(t.oid, r.partition) AS g
        WHERE r.parent_oid = t.oid AND t.relrowsecurity AND (t.hindrance IS NOT NULL OR NOT t.copies_grants) AND r.relkind IN ('r', 'p')
        UNION ALL
        SELECT 13, 'warning', 'replica_identity_mismatch', r.identity, r.lower_bound, r.upper_bound,
               'Its rows are identified to subscribers in another way than those of the table.',
               pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY %s;', r.identity,
                                 CASE t.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' ELSE 'DEFAULT' END)
        FROM r WHERE r.parent_oid = t.oid AND r.relkind = 'r' AND r.relreplident <> t.relreplident AND t.relreplident <> 'i' AND r.relreplident <> 'i'
        UNION ALL
        SELECT 14, 'warning', 'unlogged_mismatch', r.identity, r.lower_bound, r.upper_bound,
               CASE r.relpersistence WHEN 'u' THEN 'It is unlogged: a crash empties it.' ELSE 'It is logged, the table is not.' END,
               pg_catalog.format('ALTER TABLE %s SET %s;', r.identity, CASE t.relpersistence WHEN 'u' THEN 'UNLOGGED' ELSE 'LOGGED' END)
        FROM r WHERE r.parent_oid = t.oid AND r.relkind = 'r' AND r.relpersistence <> t.relpersistence
        UNION ALL
        SELECT 15, 'warning', 'invalid_index', r.identity, r.lower_bound, r.upper_bound,
               pg_catalog.format('Index %I is not valid: it is written, and never read.', i.relname),
               pg_catalog.format('REINDEX INDEX CONCURRENTLY %I.%I;', n.nspname, i.relname)
        FROM r
        JOIN pg_catalog.pg_index AS x ON x.indrelid = r.partition AND NOT x.indisvalid
        JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid AND i.relkind = 'i'
        JOIN pg_catalog.pg_namespace AS n ON n.oid = i.relnamespace
        WHERE r.parent_oid = t.oid
        UNION ALL
        SELECT 16, 'warning', 'invalid_index', NULL, NULL, NULL,
               pg_catalog.format('Index %I of the table is not valid: some partition has no part of it.', i.relname), NULL
        FROM pg_catalog.pg_index AS x JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid
        WHERE x.indrelid = t.oid AND NOT x.indisvalid
        UNION ALL
        SELECT 17, 'info', 'orphan_detached', l.partition, NULL, NULL,
               pg_catalog.format('It was detached at %s, and is still there.', pg_catalog.to_char(l.at, 'YYYY-MM-DD HH24:MI')), NULL
        FROM warden.partition_log AS l
        WHERE l.table_name = t.identity AND l.action = 'detach' AND l.status = 'done'
          AND EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
                      WHERE pg_catalog.format('%I.%I', n.nspname, c.relname) = l.partition AND NOT c.relispartition)
        UNION ALL
        SELECT 18, CASE WHEN t.scheduler = 'none' THEN 'warning' ELSE 'error' END, 'stale_schedule', NULL, NULL, NULL,
               CASE WHEN t.scheduler = 'none' THEN 'Nothing is scheduled that calls maintenance in this database.'
                    ELSE pg_catalog.format('%s has not called for two intervals.', t.scheduler) END,
               'SELECT * FROM warden.schedule_partition_maintenance();'
        WHERE t.enabled AND NOT coalesce(t.scheduler_alive, false)
        UNION ALL
        SELECT 19, 'warning', 'never_ran', NULL, NULL, NULL, 'Maintenance has not run since the policy was set.',
               pg_catalog.format('CALL warden.partition_maintenance(%L);', t.identity)
        WHERE t.enabled AND t.last_run IS NULL
        UNION ALL
        SELECT 20, 'warning', 'guard_left', r.identity, NULL, NULL,
               pg_catalog.format('Constraint %I refuses rows of a range: it was left by maintenance that was ended before it was done.', k.conname),
               CASE WHEN t.enabled THEN pg_catalog.format('CALL warden.partition_maintenance(%L);', t.identity)
                    ELSE pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I;', r.identity, k.conname) END
        FROM r
        JOIN pg_catalog.pg_constraint AS k ON k.conrelid = r.partition AND k.contype = 'c' AND pg_catalog.starts_with(k.conname::pg_catalog.text, 'pg_warden_guard_')
        WHERE r.parent_oid = t.oid AND r.is_default
          -- Not while maintenance is at it, which locks the table so.
          AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks AS l
                          WHERE l.locktype = 'advisory' AND l.classid = 2003070576 AND l.objid = t.oid AND l.objsubid = 2
                            AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database()))
        UNION ALL
        SELECT 21, 'error', 'last_run_failed', NULL, NULL, NULL, pg_catalog.format('%s (%s)', t.last_error, t.sqlstate),
               pg_catalog.format('SELECT * FROM warden.partition_log WHERE table_name = %L ORDER BY id DESC;', t.identity)
        WHERE t.enabled AND t.last_error IS NOT NULL
    ) AS f (n, severity, problem, partition, lower_bound, upper_bound, detail, fix_sql)
    ORDER BY pg_catalog.array_position(ARRAY['error', 'warning', 'info'], f.severity), t.identity, f.n, f.lower_bound, f.partition;
END;
COMMENT ON FUNCTION warden_internal.partition_problems(pg_catalog.oid) IS 'pg_warden: rows of warden.check_partitions';

CREATE FUNCTION warden.check_partitions(
    table_name pg_catalog.text DEFAULT NULL,
    OUT table_name pg_catalog.text, OUT severity pg_catalog.text, OUT problem pg_catalog.text, OUT partition pg_catalog.text,
    OUT lower_bound pg_catalog.text, OUT upper_bound pg_catalog.text, OUT detail pg_catalog.text, OUT fix_sql pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT p.table_name, p.severity, p.problem, p.partition, p.lower_bound, p.upper_bound, p.detail, p.fix_sql
    FROM warden_internal.partition_problems(
        CASE WHEN $1 IS NOT NULL THEN warden_internal.range_partitioned($1) END) AS p;
END;
COMMENT ON FUNCTION warden.check_partitions(pg_catalog.text) IS
    'what is wrong with the partitions of a table, or of all whose key says a time, the worst first, each with the SQL that mends it; no rows: nothing';
