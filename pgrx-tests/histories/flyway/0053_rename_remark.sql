BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.orders RENAME COLUMN remark TO note_to_driver;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (53, '53', 'rename_remark', 'SQL', 'V53__rename_remark.sql', 1053, current_user, 12, TRUE);
COMMIT;
