BEGIN;
ALTER TABLE shop.customers ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
ALTER TABLE shop.orders ADD COLUMN updated_at timestamptz NOT NULL DEFAULT now();
CREATE FUNCTION shop.touch() RETURNS trigger
    LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END;
$$;
CREATE TRIGGER customers_touch BEFORE UPDATE ON shop.customers FOR EACH ROW EXECUTE FUNCTION shop.touch();
CREATE TRIGGER orders_touch BEFORE UPDATE ON shop.orders FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION shop.touch();
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (8, '8', 'touch_triggers', 'SQL', 'V8__touch_triggers.sql', 1008, current_user, 12, TRUE);
COMMIT;
