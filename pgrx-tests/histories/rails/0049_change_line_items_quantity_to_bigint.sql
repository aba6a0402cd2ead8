BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "line_items" ALTER COLUMN "quantity" TYPE bigint;
INSERT INTO "schema_migrations" ("version") VALUES ('20240612091549') RETURNING "version";
COMMIT;
