BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.customers ADD CONSTRAINT customers_country_fk FOREIGN KEY (country) REFERENCES shop.countries NOT VALID;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (15, '15', 'customers_country_fk_not_valid', 'SQL', 'V15__customers_country_fk_not_valid.sql', 1015, current_user, 12, TRUE);
COMMIT;
