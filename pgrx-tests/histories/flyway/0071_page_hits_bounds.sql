BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.page_hits ADD CONSTRAINT page_hits_before_june CHECK (hit_at >= '2024-01-01 00:00+00' AND hit_at < '2024-06-01 00:00+00') NOT VALID;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (71, '71', 'page_hits_bounds', 'SQL', 'V71__page_hits_bounds.sql', 1071, current_user, 12, TRUE);
COMMIT;
