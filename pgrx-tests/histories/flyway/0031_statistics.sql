BEGIN;
CREATE STATISTICS shop.orders_state_channel (dependencies, ndistinct) ON state, channel FROM shop.orders;
ALTER TABLE shop.orders ALTER COLUMN customer_id SET STATISTICS 500;
ANALYZE shop.orders;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (31, '31', 'statistics', 'SQL', 'V31__statistics.sql', 1031, current_user, 12, TRUE);
COMMIT;
