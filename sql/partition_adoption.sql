-- Tables that pg_partman maintains, taken over by the policies of pg_warden. Everything is done with the rights of the caller, and each table by
-- itself.

CREATE FUNCTION warden.adopt_partman(
    dry_run pg_catalog.bool DEFAULT false,
    OUT table_name pg_catalog.text, OUT partition_interval pg_catalog."interval", OUT premake pg_catalog.int4,
    OUT retention pg_catalog."interval", OUT retention_action pg_catalog.text, OUT key_encoding pg_catalog.text,
    OUT status pg_catalog.text, OUT sqlstate pg_catalog.text, OUT detail pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    home text;
    config record;
    -- As pg_partman has it: schema and table with a dot between, neither quoted.
    parent text;
BEGIN
    IF dry_run IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'dry_run must not be null';
    END IF;
    SELECT quote_ident(n.nspname) INTO home
    FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace WHERE e.extname = 'pg_partman';
    IF home IS NULL THEN
        RAISE undefined_object USING
            MESSAGE = format('pg_partman is not installed in database "%s"', current_database()),
            HINT = 'For a table of your own: SELECT * FROM warden.manage_partitions(...);';
    END IF;
    FOR config IN EXECUTE format('SELECT to_jsonb(p) AS row FROM %s.part_config AS p ORDER BY p.parent_table COLLATE "C"', home) LOOP
        parent := config.row ->> 'parent_table';
        table_name := format('%I.%I', split_part(parent, '.', 1), split_part(parent, '.', 2));
        partition_interval := NULL;
        retention := NULL;
        premake := config.row ->> 'premake';
        retention_action := CASE WHEN config.row ->> 'retention_schema' IS NOT NULL THEN 'archive'
                                 WHEN (config.row ->> 'retention_keep_table')::bool THEN 'detach' ELSE 'drop' END;
        key_encoding := CASE coalesce(config.row ->> 'epoch', 'none')
                             WHEN 'seconds' THEN 'epoch_s' WHEN 'milliseconds' THEN 'epoch_ms' WHEN 'microseconds' THEN 'epoch_us'
                             WHEN 'nanoseconds' THEN 'epoch_ns' ELSE 'auto' END;
        status := CASE WHEN dry_run THEN 'would_adopt' ELSE 'adopted' END;
        sqlstate := NULL;
        detail := NULL;
        IF config.row ->> 'automatic_maintenance' = 'off' THEN
            status := 'skipped';
            detail := 'pg_partman does not maintain it by itself.';
        ELSE
            BEGIN
                partition_interval := config.row ->> 'partition_interval';
                retention := config.row ->> 'retention';
                -- A dry run does all of it, and takes it back.
                PERFORM FROM warden.manage_partitions(
                    table_name, partition_interval, premake, retention, retention_action,
                    CASE retention_action WHEN 'archive' THEN config.row ->> 'retention_schema' END, key_encoding => key_encoding);
                EXECUTE format('UPDATE %s.part_config SET automatic_maintenance = ''off'' WHERE parent_table = $1', home) USING parent;
                IF dry_run THEN
                    RAISE SQLSTATE 'WD000';
                END IF;
                detail := 'automatic_maintenance of pg_partman is off for it. New partitions are named as by warden.create_partitions.';
            EXCEPTION
                WHEN SQLSTATE 'WD000' THEN
                    detail := 'It would be managed by pg_warden, and automatic_maintenance of pg_partman be off for it.';
                WHEN OTHERS THEN
                    status := 'refused';
                    adopt_partman.sqlstate := SQLSTATE;
                    detail := SQLERRM;
            END;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION warden.adopt_partman(pg_catalog.bool) IS
    'takes over the tables that pg_partman maintains, with their intervals and retention, and switches its maintenance of them off; dry_run: only shows';
REVOKE EXECUTE ON FUNCTION warden.adopt_partman(pg_catalog.bool) FROM PUBLIC;
