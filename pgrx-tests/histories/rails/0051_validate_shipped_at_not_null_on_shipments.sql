BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "shipments" VALIDATE CONSTRAINT "shipments_shipped_at_null";
ALTER TABLE "shipments" ALTER COLUMN "shipped_at" SET NOT NULL;
ALTER TABLE "shipments" DROP CONSTRAINT "shipments_shipped_at_null";
INSERT INTO "schema_migrations" ("version") VALUES ('20240703091551') RETURNING "version";
COMMIT;
