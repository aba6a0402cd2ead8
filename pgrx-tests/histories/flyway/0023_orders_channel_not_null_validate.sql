BEGIN;
ALTER TABLE shop.orders VALIDATE CONSTRAINT orders_channel_nn;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (23, '23', 'orders_channel_not_null_validate', 'SQL', 'V23__orders_channel_not_null_validate.sql', 1023, current_user, 12, TRUE);
COMMIT;
