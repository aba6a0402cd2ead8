BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.orders ADD CONSTRAINT orders_channel_nn CHECK (channel IS NOT NULL) NOT VALID;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (22, '22', 'orders_channel_not_null_check', 'SQL', 'V22__orders_channel_not_null_check.sql', 1022, current_user, 12, TRUE);
COMMIT;
