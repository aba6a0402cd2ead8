BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.visits ADD CONSTRAINT visits_new_nn CHECK (visit_id_new IS NOT NULL) NOT VALID;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (67, '67', 'visits_bigint_not_null_check', 'SQL', 'V67__visits_bigint_not_null_check.sql', 1067, current_user, 12, TRUE);
COMMIT;
