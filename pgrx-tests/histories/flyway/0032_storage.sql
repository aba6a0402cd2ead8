BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.orders SET (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02);
ALTER TABLE shop.events_2024_05 ALTER COLUMN payload SET STORAGE EXTERNAL;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (32, '32', 'storage', 'SQL', 'V32__storage.sql', 1032, current_user, 12, TRUE);
COMMIT;
