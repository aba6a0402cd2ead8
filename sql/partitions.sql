-- What partitions there are. From the catalog alone, without a lock that could wait: bounds are deparsed without their table
-- (pg_get_expr would lock it), sizes asked where nobody has or wants the table for itself.
--
-- PUBLIC has no USAGE of warden_internal: bodies that call into it are parsed here, not when they run.

-- Whether this encoding of a key is one of instants, so that days are those of a zone.
CREATE FUNCTION warden_internal.has_zone(encoding pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT coalesce(encoding NOT IN ('date', 'timestamp', 'text:iso'), false);
END;
COMMENT ON FUNCTION warden_internal.has_zone(pg_catalog.text) IS 'pg_warden: whether keys of an encoding are instants';

-- The partitions of a table partitioned by RANGE, in order of their bounds, the default last. Times are texts of UTC in ISO style, the
-- same in every session. NULL as a
-- bound: of the default. *_key: of the first column. *_at: NULL where that is no date or time. holds:
-- all, some or none of the rows with key_value in the first column. for_gaps: detach-pending ones, which take no rows, are left out.
CREATE FUNCTION warden_internal.partition_bounds(
    parent pg_catalog.oid, zone pg_catalog.text, key_value pg_catalog.text DEFAULT NULL, for_gaps pg_catalog.bool DEFAULT false,
    OUT place pg_catalog.int8, OUT partition pg_catalog.oid, OUT is_default pg_catalog.bool, OUT detach_pending pg_catalog.bool,
    OUT lower_bound pg_catalog.text, OUT upper_bound pg_catalog.text,
    OUT lower_key pg_catalog.text, OUT upper_key pg_catalog.text,
    OUT lower_at pg_catalog.timestamptz, OUT upper_at pg_catalog.timestamptz,
    OUT holds pg_catalog.text, OUT is_behind_gap pg_catalog.bool)
    RETURNS SETOF pg_catalog.record LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp SET DateStyle = 'ISO' SET TimeZone = 'UTC' SET IntervalStyle = 'postgres'
    SET standard_conforming_strings = on AS $$
DECLARE
    -- One value of a bound, and a list of them, as the server prints them.
    token CONSTANT text := '(?:B?''(?:[^'']|'''')*''|[^'', ()]+)';
    list CONSTANT text := format('%s(?:, %s)*', token, token);
    key record;
    first record;
    sorting text := '';
    compared text := 'NULL';
    touching text := 'true';
    -- Each with a hole for the list, or for the side: values and ranks, the text to show, the time.
    values_of CONSTANT text := $part$
        SELECT array_agg(CASE WHEN w.word IN ('MINVALUE', 'MAXVALUE') THEN NULL
                              WHEN right(w.word, 1) = '''' THEN replace(substr(w.word, strpos(w.word, '''') + 1, length(w.word) - strpos(w.word, '''') - 1), '''''', '''')
                              ELSE w.word END ORDER BY w.n) AS v,
               array_agg(CASE w.word WHEN 'MINVALUE' THEN -1 WHEN 'MAXVALUE' THEN 1 ELSE 0 END ORDER BY w.n) AS r
        FROM (SELECT 1 AS n, % AS word WHERE strpos(%, ',') = 0
              UNION ALL
              SELECT g.n, g.m[1] FROM regexp_matches(%, $3, 'g') WITH ORDINALITY AS g (m, n) WHERE strpos(%, ',') > 0) AS w$part$;
    -- As warden's messages have it: further columns are shown where they matter.
    shown CONSTANT text := $part$
        CASE WHEN b.is_default THEN NULL
             WHEN b.%r[1] <> 0 THEN CASE b.%r[1] WHEN -1 THEN 'MINVALUE' ELSE 'MAXVALUE' END
             WHEN -1 = ALL (b.%r[2:]) THEN b.%v[1]
             ELSE '(' || b.%l || ')' END$part$;
    instant text := 'NULL::timestamptz';
BEGIN
    FOR key IN
        SELECT k.n,
               -- Input functions of other types may run what users wrote.
               CASE WHEN t.typtype IN ('b', 'e') AND t.typelem = 0 OR t.oid = 'name'::regtype THEN format_type(t.oid, NULL) END AS type,
               CASE WHEN k.collation_oid <> 0
                    THEN (SELECT format(' COLLATE %I.%I', n.nspname, l.collname)
                          FROM pg_collation AS l JOIN pg_namespace AS n ON n.oid = l.collnamespace WHERE l.oid = k.collation_oid)
                    ELSE '' END AS collated,
               (SELECT format('OPERATOR(%I.%s)', n.nspname, o.oprname)
                FROM pg_amop AS m
                JOIN pg_operator AS o ON o.oid = m.amopopr
                JOIN pg_namespace AS n ON n.oid = o.oprnamespace
                WHERE m.amopfamily = c.opcfamily AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
                  AND m.amopstrategy = 1) AS less,
               CASE WHEN c.opcdefault THEN c.opcintype END AS default_type
        FROM pg_partitioned_table AS p
        CROSS JOIN LATERAL ROWS FROM (
            unnest(p.partattrs::int2[]), unnest(p.partclass::oid[]), unnest(p.partcollation::oid[])
        ) WITH ORDINALITY AS k (attnum, class, collation_oid, n)
        JOIN pg_opclass AS c ON c.oid = k.class
        LEFT JOIN pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = k.attnum AND k.attnum > 0
        -- The operator class knows the type below domains and of expressions; not which enum.
        JOIN pg_type AS t ON t.oid = CASE WHEN c.opcintype = 'anyenum'::regtype THEN coalesce(a.atttypid, c.opcintype) ELSE c.opcintype END
        WHERE p.partrelid = parent
        ORDER BY k.n
    LOOP
        IF key.n = 1 THEN
            first := key;
        END IF;
        IF key.type IS NULL AND for_gaps THEN
            RAISE feature_not_supported USING
                MESSAGE = format('key of table %s cannot be compared', parent::regclass),
                DETAIL = format('Column %s of the key is of a type made of others.', key.n);
        END IF;
        sorting := sorting || format(', b.lr[%s], (b.lv[%s]::%s%s) USING %s', key.n, key.n, coalesce(key.type, 'text'),
                                     CASE WHEN key.type IS NULL THEN ' COLLATE "C"' ELSE key.collated END,
                                     CASE WHEN key.type IS NULL THEN 'OPERATOR(pg_catalog.<)' ELSE key.less END);
        touching := touching || format(
            ' AND b.lr[%1$s] = b.before_r[%1$s] AND (b.lv[%1$s] IS NULL OR NOT (b.lv[%1$s]::%2$s%3$s) %4$s b.before_v[%1$s]::%2$s'
            ' AND NOT (b.before_v[%1$s]::%2$s%3$s) %4$s b.lv[%1$s]::%2$s)',
            key.n, coalesce(key.type, 'text'), CASE WHEN key.type IS NULL THEN ' COLLATE "C"' ELSE key.collated END,
            CASE WHEN key.type IS NULL THEN 'OPERATOR(pg_catalog.<)' ELSE key.less END);
    END LOOP;
    IF first.default_type IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype) THEN
        -- A day before an end of the calendar, the zone cannot matter any more.
        instant := format('CASE b.%%r[1] WHEN -1 THEN ''-infinity''::timestamptz WHEN 1 THEN ''infinity'' WHEN 0 THEN %s END',
            CASE WHEN first.default_type = 'timestamptz'::regtype THEN 'b.%v[1]::timestamptz'
                 ELSE format('CASE WHEN b.%%v[1]::%1$s > ''294276-12-30'' THEN ''infinity'' WHEN b.%%v[1]::%1$s < ''4713-11-26 BC'' '
                             'THEN ''-infinity'' ELSE b.%%v[1]::timestamp AT TIME ZONE %2$L END', first.type, zone) END);
    END IF;
    IF key_value IS NOT NULL THEN
        IF first.type IS NULL THEN
            RAISE feature_not_supported USING
                MESSAGE = format('values of the key of table %s cannot be compared', parent::regclass),
                DETAIL = 'Its first column is of a type made of others.';
        END IF;
        -- What names no zone is meant in the one that the bounds are counted in.
        PERFORM set_config('TimeZone', zone, true);
        EXECUTE format('SELECT (%L::%s)::text', key_value, first.type) INTO key_value;
        PERFORM set_config('TimeZone', 'UTC', true);
        IF first.default_type = 'timestamptz'::regtype THEN
            key_value := key_value::timestamptz::text;
        END IF;
        -- Where further columns decide at a bound, it parts the rows of one value.
        compared := format(
            'CASE WHEN b.is_default THEN NULL'
            ' WHEN b.lr[1] = 1 OR b.ur[1] = -1 OR (%1$L::%2$s%3$s) %4$s b.lv[1]::%2$s OR (b.uv[1]::%2$s%3$s) %4$s %1$L::%2$s THEN ''none'''
            ' WHEN b.ur[1] = 0 AND NOT (%1$L::%2$s%3$s) %4$s b.uv[1]::%2$s AND coalesce(b.ur[2], -1) = -1 THEN ''none'''
            ' WHEN b.lr[1] = 0 AND NOT (b.lv[1]::%2$s%3$s) %4$s %1$L::%2$s AND b.lr[2] = 1 THEN ''none'''
            ' WHEN b.ur[1] = 0 AND NOT (%1$L::%2$s%3$s) %4$s b.uv[1]::%2$s AND b.ur[2] = 0 THEN ''some'''
            ' WHEN b.lr[1] = 0 AND NOT (b.lv[1]::%2$s%3$s) %4$s %1$L::%2$s AND b.lr[2] = 0 THEN ''some'''
            ' ELSE ''all'' END',
            key_value, first.type, first.collated, first.less);
    END IF;
    RETURN QUERY EXECUTE format($query$
        -- Each step by itself: one query would deparse a bound wherever its text is used.
        WITH printed AS MATERIALIZED (
            SELECT i.inhrelid AS oid, i.inhdetachpending AS pending, pg_get_expr(c.relpartbound, 0) AS bound
            FROM pg_inherits AS i
            JOIN pg_class AS c ON c.oid = i.inhrelid AND c.relpartbound IS NOT NULL
            WHERE i.inhparent = $1 AND NOT ($4 AND i.inhdetachpending)
        ), m AS MATERIALIZED (
            -- Expressions that know quotes are slow: they are for bounds in which the words between the lists come twice.
            SELECT p.oid, p.pending, p.bound = 'DEFAULT' AS is_default,
                   CASE WHEN p.bound = 'DEFAULT' THEN NULL
                        WHEN split_part(p.bound, ') TO (', 3) = ''
                        THEN ARRAY[substr(split_part(p.bound, ') TO (', 1), 18), rtrim(split_part(p.bound, ') TO (', 2), ')')]
                        ELSE regexp_match(p.bound, $2) END AS lists
            FROM printed AS p
        ), found AS MATERIALIZED (
            SELECT m.oid, m.pending, m.is_default, m.lists[1] AS ll, m.lists[2] AS ul, l.v AS lv, u.v AS uv, l.r AS lr, u.r AS ur
            FROM m
            CROSS JOIN LATERAL (%s) AS l
            CROSS JOIN LATERAL (%s) AS u
        ), b AS (
            SELECT b.*, row_number() OVER w AS place, lag(b.uv) OVER w AS before_v, lag(b.ur) OVER w AS before_r
            FROM found AS b
            WINDOW w AS (ORDER BY b.is_default%s)
        )
        SELECT b.place, b.oid, b.is_default, b.pending, %s, %s,
               CASE b.lr[1] WHEN -1 THEN '-infinity' WHEN 1 THEN 'infinity' ELSE b.lv[1] END,
               CASE b.ur[1] WHEN -1 THEN '-infinity' WHEN 1 THEN 'infinity' ELSE b.uv[1] END, %s, %s, %s,
               CASE WHEN $4 THEN b.place > 1 AND NOT b.is_default AND NOT (%s) END
        FROM b
        ORDER BY b.place
    $query$,
        replace(values_of, '%', 'm.lists[1]'), replace(values_of, '%', 'm.lists[2]'), sorting,
        replace(shown, '%', 'l'), replace(shown, '%', 'u'), replace(instant, '%', 'l'), replace(instant, '%', 'u'), compared, touching)
    USING parent, format('^FOR VALUES FROM [(](%s)[)] TO [(](%s)[)]$', list, list), format('(%s)', token), for_gaps;
END
$$;
COMMENT ON FUNCTION warden_internal.partition_bounds(pg_catalog.oid, pg_catalog.text, pg_catalog.text, pg_catalog.bool) IS
    'pg_warden: the partitions of a table partitioned by RANGE, in order';

-- The same, with the times of encoded keys.
CREATE FUNCTION warden_internal.partition_ranges(
    parent pg_catalog.oid, zone pg_catalog.text, key_value pg_catalog.text DEFAULT NULL, for_gaps pg_catalog.bool DEFAULT false,
    OUT place pg_catalog.int8, OUT partition pg_catalog.oid, OUT is_default pg_catalog.bool, OUT detach_pending pg_catalog.bool,
    OUT lower_bound pg_catalog.text, OUT upper_bound pg_catalog.text,
    OUT lower_at pg_catalog.timestamptz, OUT upper_at pg_catalog.timestamptz,
    OUT holds pg_catalog.text, OUT is_behind_gap pg_catalog.bool)
    RETURNS SETOF pg_catalog.record LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT b.place, b.partition, b.is_default, b.detach_pending, b.lower_bound, b.upper_bound,
           CASE WHEN e.encoding IS NULL OR e.is_plain OR b.is_default THEN b.lower_at
                WHEN b.lower_key IN ('-infinity', 'infinity') THEN b.lower_key::pg_catalog.timestamptz
                WHEN e.encoding = 'text:iso'
                THEN warden_internal.key_time(e.encoding, b.lower_key) AT TIME ZONE 'UTC' AT TIME ZONE zone
                ELSE warden_internal.key_time(e.encoding, b.lower_key) END,
           CASE WHEN e.encoding IS NULL OR e.is_plain OR b.is_default THEN b.upper_at
                WHEN b.upper_key IN ('-infinity', 'infinity') THEN b.upper_key::pg_catalog.timestamptz
                WHEN e.encoding = 'text:iso'
                THEN warden_internal.key_time(e.encoding, b.upper_key) AT TIME ZONE 'UTC' AT TIME ZONE zone
                ELSE warden_internal.key_time(e.encoding, b.upper_key) END,
           b.holds, b.is_behind_gap
    FROM (SELECT x.encoding, x.encoding IN ('date', 'timestamp', 'timestamptz') AS is_plain
          FROM (SELECT warden_internal.partition_encoding(parent)) AS x (encoding)) AS e
    CROSS JOIN LATERAL warden_internal.partition_bounds(
        parent, zone, CASE WHEN e.encoding IS NULL OR e.is_plain THEN key_value
                           ELSE warden_internal.key_value(e.encoding, key_value, zone) END, for_gaps) AS b
    ORDER BY b.place;
END;
COMMENT ON FUNCTION warden_internal.partition_ranges(pg_catalog.oid, pg_catalog.text, pg_catalog.text, pg_catalog.bool) IS
    'pg_warden: the partitions of a table partitioned by RANGE, in order, with times of all keys that say one';

-- The time zone that the bounds of a table are counted in: the first of the setting, UTC, the session's and the server's in which all of
-- them are midnights, else the setting.
CREATE FUNCTION warden_internal.partition_zone(parent pg_catalog.oid) RETURNS pg_catalog.text LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH setting AS (
        SELECT coalesce(nullif(pg_catalog.current_setting('warden.partition_time_zone', true), ''), 'UTC') AS zone
    ), edges AS MATERIALIZED (
        SELECT e.at
        FROM warden_internal.partition_ranges(parent, 'UTC') AS b
        CROSS JOIN LATERAL (VALUES (b.lower_at), (b.upper_at)) AS e (at)
        -- Not near the ends of the calendar, where a zone may lead beyond.
        WHERE e.at > '4712-01-01 BC' AND e.at < '294276-12-30'
          AND warden_internal.has_zone(warden_internal.partition_encoding(parent))
    )
    SELECT coalesce((
        SELECT z.zone
        FROM (VALUES (1, (SELECT s.zone FROM setting AS s)), (2, 'UTC'), (3, pg_catalog.current_setting('TimeZone')),
                     (4, (SELECT g.reset_val FROM pg_catalog.pg_settings AS g WHERE g.name = 'TimeZone'))) AS z (n, zone)
        WHERE (SELECT pg_catalog.bool_and((e.at AT TIME ZONE z.zone)::pg_catalog.time = '00:00') FROM edges AS e)
        ORDER BY z.n
        LIMIT 1), (SELECT s.zone FROM setting AS s));
END;
COMMENT ON FUNCTION warden_internal.partition_zone(pg_catalog.oid) IS 'pg_warden: the time zone that the bounds of a table are counted in';

-- Rows of warden.list_partitions and warden.time_partitions. parent: NULL for all tables whose key begins with a time.
CREATE FUNCTION warden_internal.partition_rows(
    parent pg_catalog.oid,
    OUT parent_table pg_catalog.text, OUT partition_column pg_catalog.text, OUT place pg_catalog.int8, OUT partition pg_catalog.text,
    OUT lower_bound pg_catalog.text, OUT upper_bound pg_catalog.text,
    OUT lower_at pg_catalog.timestamptz, OUT upper_at pg_catalog.timestamptz,
    OUT is_default pg_catalog.bool, OUT detach_pending pg_catalog.bool, OUT is_current pg_catalog.bool,
    OUT row_estimate pg_catalog.int8, OUT total_bytes pg_catalog.int8, OUT owner pg_catalog.text, OUT tablespace pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    WITH RECURSIVE listed AS MATERIALIZED (
        SELECT p.partrelid AS parent_oid, n.nspname AS parent_schema, t.relname AS parent_name, a.attname AS column_name, b.*
        FROM pg_catalog.pg_partitioned_table AS p
        JOIN pg_catalog.pg_class AS t ON t.oid = p.partrelid
        JOIN pg_catalog.pg_namespace AS n ON n.oid = t.relnamespace
        LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0] AND a.attnum > 0
        CROSS JOIN LATERAL warden_internal.partition_ranges(
            p.partrelid, coalesce(nullif(pg_catalog.current_setting('warden.partition_time_zone', true), ''), 'UTC')) AS b
        WHERE p.partstrat = 'r'
          AND CASE WHEN parent IS NULL
                   THEN warden_internal.partition_encoding(p.partrelid) IS NOT NULL
                   ELSE p.partrelid = parent END
    ),
    -- Each partition with all that is below it.
    tree AS (
        SELECT l.partition AS root, l.partition AS member FROM listed AS l
        UNION ALL
        SELECT t.root, i.inhrelid FROM tree AS t JOIN pg_catalog.pg_inherits AS i ON i.inhparent = t.member
    ),
    -- Relations that others have or want for themselves, so that opening them would wait. A prepared transaction has no pid.
    held AS MATERIALIZED (
        SELECT DISTINCT l.relation
        FROM pg_catalog.pg_locks AS l
        WHERE l.relation IS NOT NULL AND l.mode = 'AccessExclusiveLock' AND l.pid IS DISTINCT FROM pg_catalog.pg_backend_pid()
          AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
    ),
    -- And the tables whose indexes they are.
    busy AS MATERIALIZED (
        SELECT h.relation FROM held AS h
        UNION
        SELECT x.indrelid FROM held AS h JOIN pg_catalog.pg_index AS x ON x.indexrelid = h.relation
    ),
    sizes AS (
        SELECT t.root,
               CASE WHEN pg_catalog.bool_and(s.estimate IS NOT NULL) THEN pg_catalog.sum(s.estimate)::pg_catalog.int8 END AS estimate,
               CASE WHEN pg_catalog.bool_and(s.bytes IS NOT NULL) THEN pg_catalog.sum(s.bytes)::pg_catalog.int8 END AS bytes
        FROM tree AS t
        JOIN pg_catalog.pg_class AS c ON c.oid = t.member
        CROSS JOIN LATERAL (
            SELECT CASE WHEN c.relkind = 'p' THEN 0
                        WHEN c.oid NOT IN (SELECT b.relation FROM busy AS b)
                         AND c.reltoastrelid NOT IN (SELECT b.relation FROM busy AS b)
                        THEN pg_catalog.pg_total_relation_size(c.oid) END,
                   CASE WHEN c.relkind = 'p' THEN 0
                        WHEN c.reltuples >= 0 OR pg_catalog.pg_stat_get_live_tuples(c.oid) > 0
                        THEN greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid))
                        -- Never counted: empty, or nobody knows.
                        WHEN c.relkind = 'r' AND c.oid NOT IN (SELECT b.relation FROM busy AS b)
                         AND pg_catalog.pg_relation_size(c.oid) = 0 THEN 0 END
        ) AS s (bytes, estimate)
        GROUP BY t.root
    )
    SELECT pg_catalog.format('%I.%I', l.parent_schema, l.parent_name),
           -- An expression is deparsed with its table locked.
           CASE WHEN l.column_name IS NOT NULL THEN pg_catalog.quote_ident(l.column_name)
                WHEN l.parent_oid NOT IN (SELECT h.relation FROM held AS h)
                THEN pg_catalog."substring"(pg_catalog.pg_get_partkeydef(l.parent_oid), '^RANGE [(](.*)[)]$') END,
           l.place, pg_catalog.format('%I.%I', n.nspname, c.relname), l.lower_bound, l.upper_bound, l.lower_at, l.upper_at,
           l.is_default, l.detach_pending,
           CASE WHEN l.is_default THEN false
                ELSE NOT l.detach_pending AND pg_catalog.now() >= l.lower_at AND pg_catalog.now() < l.upper_at END,
           s.estimate, s.bytes, pg_catalog.pg_get_userbyid(c.relowner)::pg_catalog.text, sp.spcname::pg_catalog.text
    FROM listed AS l
    JOIN pg_catalog.pg_class AS c ON c.oid = l.partition
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN sizes AS s ON s.root = l.partition
    LEFT JOIN pg_catalog.pg_tablespace AS sp ON sp.oid = c.reltablespace
    ORDER BY l.parent_schema, l.parent_name, l.place;
END;
COMMENT ON FUNCTION warden_internal.partition_rows(pg_catalog.oid) IS
    'pg_warden: rows of warden.list_partitions and warden.time_partitions';

CREATE FUNCTION warden.list_partitions(
    table_name pg_catalog.text,
    OUT partition pg_catalog.text, OUT lower_bound pg_catalog.text, OUT upper_bound pg_catalog.text,
    OUT lower_at pg_catalog.timestamptz, OUT upper_at pg_catalog.timestamptz,
    OUT is_default pg_catalog.bool, OUT detach_pending pg_catalog.bool, OUT is_current pg_catalog.bool,
    OUT row_estimate pg_catalog.int8, OUT total_bytes pg_catalog.int8, OUT owner pg_catalog.text, OUT tablespace pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT r.partition, r.lower_bound, r.upper_bound, r.lower_at, r.upper_at, r.is_default, r.detach_pending, r.is_current,
           r.row_estimate, r.total_bytes, r.owner, r.tablespace
    FROM warden_internal.partition_rows(warden_internal.range_partitioned(table_name)) AS r
    ORDER BY r.place;
END;
COMMENT ON FUNCTION warden.list_partitions(pg_catalog.text) IS
    'the partitions of a table partitioned by RANGE in order of their bounds, the default last, with sizes; takes no lock that waits';

CREATE VIEW warden.time_partitions WITH (security_invoker = true) AS
    SELECT r.parent_table, r.partition_column, r.partition, r.lower_bound AS from_value, r.upper_bound AS to_value,
           r.lower_at, r.upper_at, r.is_default, r.detach_pending, r.is_current, r.row_estimate, r.total_bytes, r.owner, r.tablespace
    FROM warden_internal.partition_rows(NULL) AS r;
COMMENT ON VIEW warden.time_partitions IS 'the partitions of all tables whose RANGE key begins with a date or time, as warden.list_partitions shows them';
GRANT SELECT ON warden.time_partitions TO PUBLIC;

-- The one of these partitions that holds all rows of a value, or the default's; an error where further columns decide.
CREATE FUNCTION warden_internal.one_partition(
    table_name pg_catalog.text, value pg_catalog.text, holding pg_catalog.oid, parting pg_catalog.oid, other pg_catalog.oid)
    RETURNS pg_catalog.text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF parting IS NOT NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('rows of %L are in more than one partition of %s', value, table_name),
            DETAIL = format('Further columns of the key decide which of them are in %s.', parting::regclass);
    END IF;
    RETURN (SELECT format('%I.%I', n.nspname, c.relname)
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE c.oid = coalesce(holding, other));
END
$$;
COMMENT ON FUNCTION warden_internal.one_partition(pg_catalog.text, pg_catalog.text, pg_catalog.oid, pg_catalog.oid, pg_catalog.oid) IS
    'pg_warden: the name of the partition that holds a value, or an error where there are several';

-- From the bounds of all partitions: where somebody has the table for himself, and for keys that are no times.
CREATE FUNCTION warden_internal.partition_in_catalog(table_name pg_catalog.text, value pg_catalog.text) RETURNS pg_catalog.text
    LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT warden_internal.one_partition(
        table_name, value,
        pg_catalog.min(b.partition) FILTER (WHERE b.holds = 'all' AND NOT b.detach_pending),
        pg_catalog.min(b.partition) FILTER (WHERE b.holds = 'some' AND NOT b.detach_pending),
        pg_catalog.min(b.partition) FILTER (WHERE b.is_default))
    FROM (SELECT warden_internal.range_partitioned(table_name) AS oid) AS t
    CROSS JOIN LATERAL warden_internal.partition_ranges(t.oid, warden_internal.partition_zone(t.oid), value) AS b;
END;
COMMENT ON FUNCTION warden_internal.partition_in_catalog(pg_catalog.text, pg_catalog.text) IS
    'pg_warden: what warden.partition_for answers, from the catalog';

-- How many steps as long as from step_from to step_to lead from begins to ends: of months if they are, else of time. NULL: none do.
CREATE FUNCTION warden_internal.steps_between(
    step_from pg_catalog.timestamp, step_to pg_catalog.timestamp, begins pg_catalog.timestamp, ends pg_catalog.timestamp)
    RETURNS pg_catalog.int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE
        WHEN NOT (pg_catalog.isfinite(step_from) AND pg_catalog.isfinite(step_to)
                  AND pg_catalog.isfinite(begins) AND pg_catalog.isfinite(ends)) THEN NULL
        WHEN m.step > 0 AND m.gap % m.step = 0
         AND step_from + m.step * '1 month'::pg_catalog.interval = step_to
         AND begins + m.gap * '1 month'::pg_catalog.interval = ends THEN m.gap / m.step
        WHEN t.step > 0 AND t.gap % t.step = 0 AND t.gap / t.step < 2147483648 THEN (t.gap / t.step)::pg_catalog.int4 END
    FROM (
        SELECT ((extract(year FROM step_to) - extract(year FROM step_from)) * 12
                + extract(month FROM step_to) - extract(month FROM step_from))::pg_catalog.int4,
               ((extract(year FROM ends) - extract(year FROM begins)) * 12
                + extract(month FROM ends) - extract(month FROM begins))::pg_catalog.int4
    ) AS m (step, gap)
    CROSS JOIN LATERAL (
        SELECT extract(epoch FROM step_to) - extract(epoch FROM step_from), extract(epoch FROM ends) - extract(epoch FROM begins)
    ) AS t (step, gap);
END;
COMMENT ON FUNCTION warden_internal.steps_between(pg_catalog.timestamp, pg_catalog.timestamp, pg_catalog.timestamp, pg_catalog.timestamp) IS
    'pg_warden: how many partitions as long as another fit a gap exactly';

CREATE FUNCTION warden.partition_gaps(
    table_name pg_catalog.text,
    OUT lower_bound pg_catalog.text, OUT upper_bound pg_catalog.text, OUT missing_partitions pg_catalog.int4)
    RETURNS SETOF pg_catalog.record LANGUAGE sql STABLE
BEGIN ATOMIC
    WITH t AS MATERIALIZED (
        SELECT warden_internal.range_partitioned(table_name) AS oid
    ), z AS MATERIALIZED (
        -- Keys without a zone are counted by their own clock.
        SELECT t.oid, CASE WHEN warden_internal.has_zone(warden_internal.partition_encoding(t.oid))
                           THEN warden_internal.partition_zone(t.oid) ELSE 'UTC' END AS zone
        FROM t
    ), ranges AS (
        SELECT b.place, b.is_behind_gap, b.lower_bound AS ends, pg_catalog.lag(b.upper_bound) OVER w AS begins,
               l.at AS next_from, u.at AS next_to, pg_catalog.lag(l.at) OVER w AS last_from, pg_catalog.lag(u.at) OVER w AS last_to
        FROM z
        CROSS JOIN LATERAL warden_internal.partition_ranges(z.oid, z.zone, NULL, true) AS b
        -- Not near the ends of the calendar, where a zone may lead beyond.
        CROSS JOIN LATERAL (SELECT CASE WHEN b.lower_at > '4712-01-01 BC' AND b.lower_at < '294276-12-30'
                                        THEN b.lower_at AT TIME ZONE z.zone END) AS l (at)
        CROSS JOIN LATERAL (SELECT CASE WHEN b.upper_at > '4712-01-01 BC' AND b.upper_at < '294276-12-30'
                                        THEN b.upper_at AT TIME ZONE z.zone END) AS u (at)
        WINDOW w AS (ORDER BY b.place)
    )
    SELECT r.begins, r.ends,
           -- As long as the one before, or else as the one behind.
           coalesce(warden_internal.steps_between(r.last_from, r.last_to, r.last_to, r.next_from),
                    warden_internal.steps_between(r.next_from, r.next_to, r.last_to, r.next_from))
    FROM ranges AS r
    WHERE r.is_behind_gap
    ORDER BY r.place;
END;
COMMENT ON FUNCTION warden.partition_gaps(pg_catalog.text) IS
    'the ranges between partitions that none holds, and how many partitions as long as their neighbours fit in, NULL where none do';

CREATE FUNCTION warden.uuidv7_lower_bound(at pg_catalog.timestamptz) RETURNS pg_catalog.uuid
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    milliseconds numeric;
BEGIN
    IF at IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'at must not be null';
    END IF;
    IF isfinite(at) THEN
        milliseconds := floor(extract(epoch FROM at) * 1000);
    END IF;
    IF milliseconds IS NULL OR milliseconds < 0 OR milliseconds >= 281474976710656 THEN
        RAISE datetime_field_overflow USING
            MESSAGE = format('no UUID of version 7 is of %s', at AT TIME ZONE 'UTC'),
            DETAIL = 'They count the milliseconds since 1970 in 48 bits, which last until the year 10889.';
    END IF;
    RETURN rpad(lpad(to_hex(milliseconds::int8), 12, '0'), 32, '0')::uuid;
END
$$;
COMMENT ON FUNCTION warden.uuidv7_lower_bound(pg_catalog.timestamptz) IS
    'the least UUID of the millisecond, as a bound of partitions by UUIDs of version 7: time in 48 bits, then zeros';
