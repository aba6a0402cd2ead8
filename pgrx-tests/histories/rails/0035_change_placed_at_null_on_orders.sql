BEGIN;
UPDATE "orders" SET "placed_at"='2023-01-01 00:00:00' WHERE "placed_at" IS NULL;
ALTER TABLE "orders" ALTER COLUMN "placed_at" SET NOT NULL;
INSERT INTO "schema_migrations" ("version") VALUES ('20240121091535') RETURNING "version";
COMMIT;
