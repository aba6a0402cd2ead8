BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "orders" ADD CONSTRAINT "chk_rails_total_positive" CHECK (total >= 0) NOT VALID;
INSERT INTO "schema_migrations" ("version") VALUES ('20240512091546') RETURNING "version";
COMMIT;
