BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.visits ADD COLUMN visit_id_new bigint;
CREATE FUNCTION shop.visits_keep_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.visit_id_new := NEW.visit_id;
    RETURN NEW;
END;
$$;
CREATE TRIGGER visits_keep_new BEFORE INSERT OR UPDATE ON shop.visits FOR EACH ROW EXECUTE FUNCTION shop.visits_keep_new();
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (65, '65', 'visits_bigint_column', 'SQL', 'V65__visits_bigint_column.sql', 1065, current_user, 12, TRUE);
COMMIT;
