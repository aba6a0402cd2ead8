BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.order_lines ADD COLUMN net numeric GENERATED ALWAYS AS (price * quantity) STORED;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (44, '44', 'order_lines_net', 'SQL', 'V44__order_lines_net.sql', 1044, current_user, 12, TRUE);
COMMIT;
