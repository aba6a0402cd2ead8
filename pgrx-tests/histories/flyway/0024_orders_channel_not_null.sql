BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.orders ALTER COLUMN channel SET NOT NULL;
ALTER TABLE shop.orders DROP CONSTRAINT orders_channel_nn;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (24, '24', 'orders_channel_not_null', 'SQL', 'V24__orders_channel_not_null.sql', 1024, current_user, 12, TRUE);
COMMIT;
