BEGIN;
SET LOCAL lock_timeout = '5s';
ALTER TABLE shop.orders ADD CONSTRAINT orders_total_sane CHECK (total < 1000000);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (40, '40', 'orders_total_check', 'SQL', 'V40__orders_total_check.sql', 1040, current_user, 12, TRUE);
COMMIT;
