BEGIN;
SET LOCAL lock_timeout = '2s';
DROP TABLE shop.events_2024_01;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (39, '39', 'events_drop_january', 'SQL', 'V39__events_drop_january.sql', 1039, current_user, 12, TRUE);
COMMIT;
