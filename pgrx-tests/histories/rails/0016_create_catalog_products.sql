BEGIN;
CREATE VIEW "catalog_products" AS SELECT products.id, products.name, products.price, categories.name AS category_name
  FROM products
  JOIN categories ON categories.id = products.category_id
 WHERE products.published;
INSERT INTO "schema_migrations" ("version") VALUES ('20230612091516') RETURNING "version";
COMMIT;
