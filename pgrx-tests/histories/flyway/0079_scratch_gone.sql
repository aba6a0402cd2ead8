BEGIN;
DROP SCHEMA scratch CASCADE;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (79, '79', 'scratch_gone', 'SQL', 'V79__scratch_gone.sql', 1079, current_user, 12, TRUE);
COMMIT;
