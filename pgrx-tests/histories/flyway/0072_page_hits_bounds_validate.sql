BEGIN;
ALTER TABLE shop.page_hits VALIDATE CONSTRAINT page_hits_before_june;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (72, '72', 'page_hits_bounds_validate', 'SQL', 'V72__page_hits_bounds_validate.sql', 1072, current_user, 12, TRUE);
COMMIT;
