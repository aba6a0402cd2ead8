BEGIN;
ALTER TABLE "products" RENAME COLUMN "stock" TO "stock_count";
INSERT INTO "schema_migrations" ("version") VALUES ('20230721091520') RETURNING "version";
COMMIT;
