CREATE PROCEDURE shop.backfill_channel() LANGUAGE plpgsql AS $$
DECLARE
    last bigint := 0;
    top  bigint;
BEGIN
    LOOP
        SELECT max(order_id) INTO top FROM (SELECT order_id FROM shop.orders WHERE order_id > last ORDER BY order_id LIMIT 1000) batch;
        EXIT WHEN top IS NULL;
        UPDATE shop.orders SET channel = 'web' WHERE order_id > last AND order_id <= top AND channel IS NULL;
        last := top;
        COMMIT;
    END LOOP;
END;
$$;
CALL shop.backfill_channel();
DROP PROCEDURE shop.backfill_channel();
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (21, '21', 'orders_channel_backfill', 'SQL', 'V21__orders_channel_backfill.sql', 1021, current_user, 12, TRUE);
