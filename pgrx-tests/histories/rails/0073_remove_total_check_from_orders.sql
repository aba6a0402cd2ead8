BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "orders" DROP CONSTRAINT "chk_rails_total_positive";
INSERT INTO "schema_migrations" ("version") VALUES ('20250312091513') RETURNING "version";
COMMIT;
