BEGIN;
CREATE FUNCTION shop.order_has_lines() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM shop.order_lines WHERE order_id = NEW.order_id) THEN
        RAISE EXCEPTION 'order % has no lines', NEW.order_id;
    END IF;
    RETURN NULL;
END;
$$;
SET LOCAL lock_timeout = '2s';
CREATE CONSTRAINT TRIGGER order_has_lines AFTER INSERT ON shop.orders
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shop.order_has_lines();
CREATE FUNCTION shop.count_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM count(*) FROM moved;
    RETURN NULL;
END;
$$;
CREATE TRIGGER stock_moves_counted AFTER INSERT ON shop.stock_moves
    REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION shop.count_moves();
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (75, '75', 'deferred_checks', 'SQL', 'V75__deferred_checks.sql', 1075, current_user, 12, TRUE);
COMMIT;
