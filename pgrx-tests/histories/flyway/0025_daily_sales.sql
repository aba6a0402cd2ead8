BEGIN;
CREATE MATERIALIZED VIEW shop.daily_sales AS
    SELECT placed_at::date AS day, count(*) AS orders, sum(total) AS turnover
      FROM shop.orders
     GROUP BY 1
    WITH NO DATA;
CREATE UNIQUE INDEX daily_sales_uq ON shop.daily_sales (day);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (25, '25', 'daily_sales', 'SQL', 'V25__daily_sales.sql', 1025, current_user, 12, TRUE);
COMMIT;
