BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.customers DROP COLUMN home;
DROP TYPE shop.postal_address;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (54, '54', 'drop_home_address', 'SQL', 'V54__drop_home_address.sql', 1054, current_user, 12, TRUE);
COMMIT;
