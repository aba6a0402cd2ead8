-- PUBLIC may read help, rules, lint, explain and its own recent findings; everything else is granted by the administrator.
GRANT USAGE ON SCHEMA warden TO PUBLIC;

-- Without a SET clause: it would hide the search_path by which the user's names are resolved.
CREATE FUNCTION warden_internal.guard() RETURNS pg_catalog.event_trigger
    LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'warden_guard';
COMMENT ON FUNCTION warden_internal.guard() IS 'pg_warden: judges DDL; called by the event triggers alone';
REVOKE ALL ON FUNCTION warden_internal.guard() FROM PUBLIC;

-- Last, so that they see nothing of this script.
CREATE EVENT TRIGGER pg_warden_start ON ddl_command_start EXECUTE FUNCTION warden_internal.guard();
CREATE EVENT TRIGGER pg_warden_end ON ddl_command_end EXECUTE FUNCTION warden_internal.guard();
CREATE EVENT TRIGGER pg_warden_rewrite ON table_rewrite EXECUTE FUNCTION warden_internal.guard();
CREATE EVENT TRIGGER pg_warden_drop ON sql_drop EXECUTE FUNCTION warden_internal.guard();

-- An extension's script does not speak below WARNING: for this one sentence it may, where nobody asked for less.
DO $$
DECLARE
    spoken pg_catalog.text := pg_catalog.current_setting('client_min_messages');
BEGIN
    IF spoken OPERATOR(pg_catalog.=) 'warning' THEN
        PERFORM pg_catalog.set_config('client_min_messages', 'notice', true);
    END IF;
    RAISE NOTICE 'pg_warden watches the DDL of this database from now on, and warns (mode "warn")'
        USING HINT = 'Start with: SELECT warden.help();';
    PERFORM pg_catalog.set_config('client_min_messages', spoken, true);
END
$$;
