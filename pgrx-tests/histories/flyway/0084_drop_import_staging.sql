BEGIN;
DROP FUNCTION shop.import_prices();
DROP TABLE IF EXISTS shop.import_prices, shop.import_prices_old;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (84, '84', 'drop_import_staging', 'SQL', 'V84__drop_import_staging.sql', 1084, current_user, 12, TRUE);
COMMIT;
