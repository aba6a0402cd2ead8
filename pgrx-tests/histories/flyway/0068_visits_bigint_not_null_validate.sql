BEGIN;
ALTER TABLE shop.visits VALIDATE CONSTRAINT visits_new_nn;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (68, '68', 'visits_bigint_not_null_validate', 'SQL', 'V68__visits_bigint_not_null_validate.sql', 1068, current_user, 12, TRUE);
COMMIT;
