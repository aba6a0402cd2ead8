BEGIN;
CREATE TABLE audit.customers_archive AS SELECT * FROM shop.customers WHERE created_at < '2000-01-01';
ALTER TABLE audit.customers_archive ADD PRIMARY KEY (customer_id);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (61, '61', 'customers_archive', 'SQL', 'V61__customers_archive.sql', 1061, current_user, 12, TRUE);
COMMIT;
