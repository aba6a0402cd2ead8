REFRESH MATERIALIZED VIEW shop.daily_sales;
REFRESH MATERIALIZED VIEW CONCURRENTLY shop.daily_sales;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (26, '26', 'daily_sales_filled', 'SQL', 'V26__daily_sales_filled.sql', 1026, current_user, 12, TRUE);
