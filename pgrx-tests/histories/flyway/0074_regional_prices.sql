BEGIN;
CREATE TABLE shop.regional_prices (
    product_id bigint NOT NULL REFERENCES shop.products,
    country    char(2) NOT NULL,
    valid_from date NOT NULL,
    price      shop.amount NOT NULL,
    PRIMARY KEY (product_id, country, valid_from)
) PARTITION BY LIST (country);
CREATE TABLE shop.regional_prices_gb PARTITION OF shop.regional_prices FOR VALUES IN ('GB') PARTITION BY RANGE (valid_from);
CREATE TABLE shop.regional_prices_gb_2024 PARTITION OF shop.regional_prices_gb FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE shop.regional_prices_other PARTITION OF shop.regional_prices DEFAULT;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (74, '74', 'regional_prices', 'SQL', 'V74__regional_prices.sql', 1074, current_user, 12, TRUE);
COMMIT;
