BEGIN;
ALTER TABLE shop.customers VALIDATE CONSTRAINT customers_country_fk;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (16, '16', 'customers_country_fk_validate', 'SQL', 'V16__customers_country_fk_validate.sql', 1016, current_user, 12, TRUE);
COMMIT;
