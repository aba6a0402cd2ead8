BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.customers ENABLE ROW LEVEL SECURITY;
CREATE POLICY customers_own ON shop.customers FOR SELECT TO shop_app
    USING (customer_id = nullif(current_setting('shop.customer', true), '')::bigint);
CREATE POLICY customers_read ON shop.customers FOR SELECT TO shop_read USING (true);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (30, '30', 'row_level_security', 'SQL', 'V30__row_level_security.sql', 1030, current_user, 12, TRUE);
COMMIT;
