BEGIN;
ALTER TABLE "orders" ALTER COLUMN "status" SET DEFAULT 1;
INSERT INTO "schema_migrations" ("version") VALUES ('20230421091511') RETURNING "version";
COMMIT;
