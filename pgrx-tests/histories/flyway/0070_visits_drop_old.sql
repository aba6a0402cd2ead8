BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.visits DROP COLUMN visit_id_old;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (70, '70', 'visits_drop_old', 'SQL', 'V70__visits_drop_old.sql', 1070, current_user, 12, TRUE);
COMMIT;
