BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "orders" DROP CONSTRAINT "fk_rails_e0cd2eb0f1";
INSERT INTO "schema_migrations" ("version") VALUES ('20240912091558') RETURNING "version";
COMMIT;
