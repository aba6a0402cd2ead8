BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.events DETACH PARTITION shop.events_2024_02;
DROP TABLE shop.events_2024_02;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (80, '80', 'events_retention', 'SQL', 'V80__events_retention.sql', 1080, current_user, 12, TRUE);
COMMIT;
