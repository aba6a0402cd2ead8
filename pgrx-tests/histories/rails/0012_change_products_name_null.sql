BEGIN;
ALTER TABLE "products" ALTER COLUMN "description" SET DEFAULT '';
UPDATE "products" SET "description"='' WHERE "description" IS NULL;
ALTER TABLE "products" ALTER COLUMN "description" SET NOT NULL;
INSERT INTO "schema_migrations" ("version") VALUES ('20230503091512') RETURNING "version";
COMMIT;
