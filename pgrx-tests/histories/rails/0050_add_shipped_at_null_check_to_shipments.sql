BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "shipments" ADD CONSTRAINT "shipments_shipped_at_null" CHECK (shipped_at IS NOT NULL) NOT VALID;
UPDATE "shipments" SET "shipped_at"='2024-01-01 00:00:00' WHERE "shipments"."shipped_at" IS NULL;
INSERT INTO "schema_migrations" ("version") VALUES ('20240621091550') RETURNING "version";
COMMIT;
