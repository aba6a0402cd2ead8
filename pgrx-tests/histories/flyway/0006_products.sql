BEGIN;
CREATE TABLE shop.products (
    product_id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT products_pk PRIMARY KEY,
    sku        text NOT NULL CONSTRAINT products_sku_uq UNIQUE,
    title      text NOT NULL,
    price      shop.amount NOT NULL,
    attributes jsonb NOT NULL DEFAULT '{}',
    tags       text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX products_title_trgm ON shop.products USING gin (title gin_trgm_ops);
CREATE INDEX products_attributes_gin ON shop.products USING gin (attributes jsonb_path_ops);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (6, '6', 'products', 'SQL', 'V6__products.sql', 1006, current_user, 12, TRUE);
COMMIT;
