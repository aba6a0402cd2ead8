BEGIN;
SET LOCAL lock_timeout = '2s';
CREATE SCHEMA billing;
GRANT USAGE ON SCHEMA billing TO shop_app;
ALTER TABLE shop.invoices SET SCHEMA billing;
ALTER TABLE billing.invoices OWNER TO CURRENT_USER;
REVOKE DELETE ON billing.invoices FROM shop_app;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (82, '82', 'move_invoices', 'SQL', 'V82__move_invoices.sql', 1082, current_user, 12, TRUE);
COMMIT;
