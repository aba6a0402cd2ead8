-- Whether a table should be partitioned, by what, and how finely. Reads the catalog, statistics as far as the caller may see them, and
-- the ends of an index; waits for nobody longer than a moment.

-- As warden.advise_partitioning, of the relation.
CREATE FUNCTION warden_internal.partition_advice(
    relation pg_catalog.oid,
    OUT topic pg_catalog.text, OUT advice pg_catalog.text, OUT reason pg_catalog.text, OUT sql pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp SET DateStyle = 'ISO' SET IntervalStyle = 'postgres' SET lock_timeout = '1s' AS $$
DECLARE
    few_rows CONSTANT int8 := 10000000;
    many_bytes CONSTANT int8 := 107374182400;
    large_rows CONSTANT int8 := current_setting('warden.large_table_rows')::int8;
    large_bytes CONSTANT int8 := pg_size_bytes(current_setting('warden.large_table_size'));
    t record;
    use record;
    key record;
    other record;
    ends record;
    span numeric;
    parts numeric;
BEGIN
    SELECT c.relkind, c.relpersistence, c.relispartition, c.reltuples::int8 AS estimate, format('%I.%I', n.nspname, c.relname) AS identity,
           n.nspname AS schema_name, c.relname AS name, NULL::int8 AS bytes, NULL::int8 AS rows
    INTO t
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = relation;
    IF t.relkind = 'p' THEN
        RETURN QUERY SELECT 'size', 'none', format('Table %s is partitioned already, by %s.', t.identity, pg_get_partkeydef(relation)),
                            format('SELECT * FROM warden.list_partitions(%L);', t.identity);
        RETURN;
    END IF;
    IF t.relkind IS DISTINCT FROM 'r' OR t.relispartition OR t.relpersistence = 't'
       OR EXISTS (SELECT FROM pg_inherits AS i WHERE relation IN (i.inhrelid, i.inhparent)) THEN
        RAISE wrong_object_type USING
            MESSAGE = format('%s cannot be partitioned', coalesce(t.identity, relation::text)),
            DETAIL = CASE WHEN t.relkind IS DISTINCT FROM 'r' THEN 'It is not a table.'
                          WHEN t.relispartition THEN 'It is a partition itself.'
                          WHEN t.relpersistence = 't' THEN 'It is temporary.'
                          ELSE 'It inherits from another table, or another from it.' END;
    END IF;
    BEGIN
        t.bytes := pg_total_relation_size(relation);
        t.rows := CASE WHEN t.estimate >= 0 THEN greatest(t.estimate, pg_stat_get_live_tuples(relation))
                       WHEN pg_relation_size(relation) = 0 THEN 0 END;
    EXCEPTION WHEN lock_not_available THEN
        RETURN QUERY SELECT 'size', 'not checked', format('Table %s is locked by another session.', t.identity), NULL;
        RETURN;
    END;
    SELECT s.deleted, s.inserted, greatest(d.stats_reset, pg_postmaster_start_time()) AS since,
           s.deleted >= 0.1 * t.rows AND s.inserted >= 0.1 * t.rows AND t.rows > 0 AS is_retention
    INTO use
    FROM pg_stat_database AS d,
         LATERAL (SELECT pg_stat_get_tuples_deleted(relation), pg_stat_get_tuples_inserted(relation)) AS s (deleted, inserted)
    WHERE d.datname = current_database();
    RETURN QUERY SELECT 'size',
        CASE WHEN t.rows IS NULL THEN 'not checked'
             WHEN t.bytes >= many_bytes THEN 'partition'
             WHEN t.rows < few_rows THEN 'leave it'
             WHEN use.is_retention THEN 'partition' ELSE 'not yet' END,
        CASE WHEN t.rows IS NULL THEN format('Table %s was never analyzed.', t.identity)
             ELSE format('Table %s has %s rows in %s. ', t.identity, t.rows, pg_size_pretty(t.bytes))
               || CASE WHEN t.bytes >= many_bytes THEN 'From 100 GB on, VACUUM, index builds and restores gain from parts.'
                       WHEN t.rows < few_rows THEN 'Below ten million rows, partitions cost more in planning than they give.'
                       WHEN use.is_retention THEN format('%s rows were deleted since %s: dropping a partition does that in a moment, and leaves VACUUM nothing to do.',
                                                         use.deleted, to_char(use.since, 'YYYY-MM-DD'))
                       ELSE 'It pays from 100 GB on, or when old rows are deleted again and again.' END END,
        CASE WHEN t.rows IS NULL THEN format('ANALYZE %s;', t.identity) END;
    IF coalesce(t.rows, 0) = 0 THEN
        RETURN;
    END IF;

    -- A column of time in whose order the rows lie: queries for a time then need few partitions, and old rows go together.
    SELECT a.attnum, a.attname, quote_ident(a.attname) AS quoted, format_type(a.atttypid, NULL) AS type, a.attnotnull, s.correlation,
           s.null_frac, has_column_privilege(relation, a.attnum, 'SELECT') AS readable
    INTO key
    FROM pg_attribute AS a
    LEFT JOIN pg_stats AS s ON s.schemaname = t.schema_name AND s.tablename = t.name AND s.attname = a.attname AND NOT s.inherited
    WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND a.atttypid IN ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
    ORDER BY s.correlation >= 0.9 DESC NULLS LAST, a.attnotnull DESC, s.correlation DESC NULLS LAST, a.attnum
    LIMIT 1;
    IF key.attname IS NULL OR key.correlation < 0.9 THEN
        SELECT a.attname, quote_ident(a.attname) AS quoted, s.n_distinct
        INTO other
        FROM pg_stats AS s
        JOIN pg_attribute AS a ON a.attrelid = relation AND a.attname = s.attname
        WHERE s.schemaname = t.schema_name AND s.tablename = t.name AND NOT s.inherited AND s.n_distinct BETWEEN 2 AND 64 AND a.attnotnull
        ORDER BY a.attnum
        LIMIT 1;
        RETURN QUERY SELECT 'key', format('LIST (%s)', other.quoted),
            format('%s has about %s values and is never NULL. It helps only if queries name it, or if all rows of a value go together.',
                   other.quoted, round(other.n_distinct::numeric)), NULL::text
        WHERE other.attname IS NOT NULL;
        RETURN QUERY SELECT 'key', format('HASH (%s)', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)),
            'No column of time has the rows in its order. HASH only spreads them: smaller indexes and parallel VACUUM, no dropping of old rows.', NULL::text
        FROM pg_index AS x
        JOIN pg_attribute AS a ON a.attrelid = relation AND a.attnum = ANY (x.indkey)
        WHERE x.indrelid = relation AND x.indisprimary
        HAVING count(*) > 0;
        IF key.attname IS NULL THEN
            RETURN;
        END IF;
    END IF;
    RETURN QUERY SELECT 'key',
        CASE WHEN key.correlation IS NULL THEN 'not checked' WHEN key.correlation >= 0.9 THEN format('RANGE (%s)', key.quoted) ELSE format('not RANGE (%s)', key.quoted) END,
        CASE WHEN key.correlation IS NULL THEN format('Statistics of %s are missing, or this role may not read them.', key.quoted)
             ELSE format('%s is of type %s, %s, and the rows lie %s (correlation %s).', key.quoted, key.type,
                         CASE WHEN key.attnotnull THEN 'never NULL' WHEN key.null_frac = 0 THEN 'nowhere NULL, though it may be'
                              ELSE 'NULL in some rows, which only a default partition takes' END,
                         CASE WHEN key.correlation >= 0.9 THEN 'in its order' ELSE 'in another order, so that each partition would get rows all the time' END,
                         round(key.correlation::numeric, 2)) END,
        CASE WHEN key.correlation IS NULL THEN format('ANALYZE %s;', t.identity) END;
    IF key.correlation IS NULL OR key.correlation < 0.9 THEN
        RETURN;
    END IF;

    IF NOT key.readable THEN
        RETURN QUERY SELECT 'interval', 'not checked', format('This role may not read %s.', key.quoted), NULL;
    ELSIF (SELECT count(*) = 0 FROM pg_index AS x JOIN pg_class AS c ON c.oid = x.indexrelid JOIN pg_am AS m ON m.oid = c.relam
                      WHERE x.indrelid = relation AND x.indisvalid AND x.indpred IS NULL AND m.amname = 'btree' AND x.indkey[0] = key.attnum) THEN
        RETURN QUERY SELECT 'interval', 'not checked', format('No index begins with %s: how far its values reach is told only by reading the table.', key.quoted), NULL;
    ELSE
        BEGIN
            EXECUTE format('SELECT min(%1$s)::timestamp AS first, max(%1$s)::timestamp AS last FROM ONLY %2$s WHERE isfinite(%1$s)', key.quoted, t.identity)
            INTO ends;
            span := greatest(extract(epoch FROM ends.last - ends.first), 1);
            SELECT i.length, ceil(span / extract(epoch FROM i.length)) AS parts INTO other
            FROM unnest('{1 day,7 days,1 mon,3 mons,1 year}'::interval[]) WITH ORDINALITY AS i (length, n)
            -- A partition smaller than what is large elsewhere does not pay; more than a thousand slow down planning.
            WHERE (t.rows * extract(epoch FROM i.length) / span >= large_rows OR t.bytes * extract(epoch FROM i.length) / span >= large_bytes)
              AND span / extract(epoch FROM i.length) <= 1000 OR i.length = '1 year'
            ORDER BY i.n
            LIMIT 1;
            RETURN QUERY SELECT 'interval', other.length::text,
                format('The rows reach from %s to %s: about %s partitions of %s rows and %s each.', ends.first::date, ends.last::date, other.parts,
                       round(t.rows / other.parts), pg_size_pretty(round(t.bytes / other.parts))),
                format('SELECT * FROM warden.plan_conversion(%L, %L, %L);', t.identity, key.attname, other.length::text)
            WHERE ends.first IS NOT NULL;
        EXCEPTION WHEN lock_not_available THEN
            RETURN QUERY SELECT 'interval', 'not checked', format('Table %s is locked by another session.', t.identity), NULL;
        END;
    END IF;

    RETURN QUERY SELECT 'unique key', 'has to change',
        format('%s is unique over (%s); in a partitioned table it has to hold %s as well, and no longer says that (%s) alone is unique.',
               quote_ident(c.relname), k.columns, key.quoted, k.columns), NULL::text
    FROM pg_index AS x
    JOIN pg_class AS c ON c.oid = x.indexrelid
    CROSS JOIN LATERAL (
        SELECT string_agg(coalesce(quote_ident(a.attname), '...'), ', ' ORDER BY u.n) AS columns
        FROM unnest(x.indkey::int2[]) WITH ORDINALITY AS u (attnum, n)
        LEFT JOIN pg_attribute AS a ON a.attrelid = relation AND a.attnum = u.attnum AND u.attnum > 0
        WHERE u.n <= x.indnkeyatts) AS k
    WHERE x.indrelid = relation AND x.indisunique AND key.attnum <> ALL ((x.indkey::int2[])[0:x.indnkeyatts - 1])
    ORDER BY x.indisprimary DESC, c.relname;
    RETURN QUERY SELECT 'reference', 'has to change',
        format('Foreign key %s of table %s references it: its columns have to match a unique key that holds %s.', quote_ident(f.conname),
               format('%I.%I', n.nspname, c.relname), key.quoted), NULL::text
    FROM pg_constraint AS f
    JOIN pg_class AS c ON c.oid = f.conrelid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE f.confrelid = relation AND f.contype = 'f' AND f.conparentid = 0
    ORDER BY n.nspname, c.relname, f.conname;
    RETURN QUERY SELECT 'queries', 'not checked',
        format('Queries that do not say which %s they want read every partition. Which do is not known here: look at those that are called most.', key.quoted), NULL;
END
$$;
COMMENT ON FUNCTION warden_internal.partition_advice(pg_catalog.oid) IS 'pg_warden: rows of warden.advise_partitioning';

CREATE FUNCTION warden.advise_partitioning(
    table_name pg_catalog.text, OUT topic pg_catalog.text, OUT advice pg_catalog.text, OUT reason pg_catalog.text, OUT sql pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT a.topic, a.advice, a.reason, a.sql FROM warden_internal.partition_advice(warden_internal.named_relation(table_name)) AS a;
END;
COMMENT ON FUNCTION warden.advise_partitioning(pg_catalog.text) IS
    'whether a table should be partitioned, by which column, how finely, and what stands in the way, each with the reason';
