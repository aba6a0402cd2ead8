CREATE INDEX CONCURRENTLY customers_country_ix ON shop.customers (country) WHERE country IS NOT NULL;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (17, '17', 'customers_country_index', 'SQL', 'V17__customers_country_index.sql', 1017, current_user, 12, TRUE);
