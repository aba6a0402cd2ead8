BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "orders" DROP COLUMN "notes";
INSERT INTO "schema_migrations" ("version") VALUES ('20240603091548') RETURNING "version";
COMMIT;
