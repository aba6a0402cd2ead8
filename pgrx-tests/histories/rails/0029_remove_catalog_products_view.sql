BEGIN;
DROP VIEW "catalog_products";
INSERT INTO "schema_migrations" ("version") VALUES ('20231021091529') RETURNING "version";
COMMIT;
