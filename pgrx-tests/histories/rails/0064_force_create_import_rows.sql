BEGIN;
DROP TABLE IF EXISTS "import_rows" CASCADE;
CREATE UNLOGGED TABLE "import_rows" ("id" serial NOT NULL PRIMARY KEY, "payload" jsonb, "line" integer);
INSERT INTO "schema_migrations" ("version") VALUES ('20241112091504') RETURNING "version";
COMMIT;
