BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "orders" VALIDATE CONSTRAINT "fk_rails_91d9d5a3f1";
INSERT INTO "schema_migrations" ("version") VALUES ('20240503091545') RETURNING "version";
COMMIT;
