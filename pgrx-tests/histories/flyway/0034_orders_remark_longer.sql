BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.orders ALTER COLUMN remark TYPE varchar(500);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (34, '34', 'orders_remark_longer', 'SQL', 'V34__orders_remark_longer.sql', 1034, current_user, 12, TRUE);
COMMIT;
