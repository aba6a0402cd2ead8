BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.invoices ADD COLUMN paid_on date;
CREATE OR REPLACE FUNCTION shop.touch() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := clock_timestamp();
    RETURN NEW;
END;
$$;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (81, '81', 'invoices_paid', 'SQL', 'V81__invoices_paid.sql', 1081, current_user, 12, TRUE);
COMMIT;
