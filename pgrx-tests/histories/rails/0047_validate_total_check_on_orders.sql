BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "orders" VALIDATE CONSTRAINT "chk_rails_total_positive";
INSERT INTO "schema_migrations" ("version") VALUES ('20240521091547') RETURNING "version";
COMMIT;
