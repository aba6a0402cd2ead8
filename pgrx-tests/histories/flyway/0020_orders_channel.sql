BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.orders ADD COLUMN channel text;
ALTER TABLE shop.orders ALTER COLUMN channel SET DEFAULT 'web';
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (20, '20', 'orders_channel', 'SQL', 'V20__orders_channel.sql', 1020, current_user, 12, TRUE);
COMMIT;
