BEGIN;
DROP TABLE audit.customers_archive;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (85, '85', 'drop_archive', 'SQL', 'V85__drop_archive.sql', 1085, current_user, 12, TRUE);
COMMIT;
