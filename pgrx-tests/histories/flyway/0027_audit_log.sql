BEGIN;
CREATE TABLE audit.log (
    log_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    logged_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    relation   regclass NOT NULL,
    action     text NOT NULL CHECK (action IN ('I', 'U', 'D')),
    changed_by name NOT NULL DEFAULT session_user,
    old_row    jsonb,
    new_row    jsonb
);
CREATE INDEX log_logged_at_brin ON audit.log USING brin (logged_at);
CREATE FUNCTION audit.log_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, audit AS $$
BEGIN
    INSERT INTO audit.log (relation, action, old_row, new_row)
    VALUES (TG_RELID, left(TG_OP, 1), CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END, CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
    RETURN NULL;
END;
$$;
REVOKE EXECUTE ON FUNCTION audit.log_change() FROM PUBLIC;
CREATE TRIGGER products_audit AFTER INSERT OR UPDATE OR DELETE ON shop.products FOR EACH ROW EXECUTE FUNCTION audit.log_change();
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (27, '27', 'audit_log', 'SQL', 'V27__audit_log.sql', 1027, current_user, 12, TRUE);
COMMIT;
