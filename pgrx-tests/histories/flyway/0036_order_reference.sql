SET lock_timeout = '2s';
ALTER TABLE shop.orders ADD COLUMN reference text;
DO $$
DECLARE
    lowest bigint;
BEGIN
    FOR lowest IN SELECT generate_series(1, 6000, 2000) LOOP
        UPDATE shop.orders SET reference = 'R' || order_id WHERE order_id >= lowest AND order_id < lowest + 2000;
        COMMIT;
    END LOOP;
END;
$$;
RESET lock_timeout;
CREATE UNIQUE INDEX CONCURRENTLY orders_reference_uq ON shop.orders (reference);
SET lock_timeout = '2s';
ALTER TABLE shop.orders ADD CONSTRAINT orders_reference_uq UNIQUE USING INDEX orders_reference_uq;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (36, '36', 'order_reference', 'SQL', 'V36__order_reference.sql', 1036, current_user, 12, TRUE);
