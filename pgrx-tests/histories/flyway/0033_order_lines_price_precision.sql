BEGIN;
ALTER TABLE shop.order_lines ALTER COLUMN price TYPE numeric(14, 4);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (33, '33', 'order_lines_price_precision', 'SQL', 'V33__order_lines_price_precision.sql', 1033, current_user, 12, TRUE);
COMMIT;
