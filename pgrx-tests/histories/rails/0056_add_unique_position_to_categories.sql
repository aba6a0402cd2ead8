BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "categories" ADD CONSTRAINT "uniq_rails_07bd1a9b4c" UNIQUE ("parent_id", "position") DEFERRABLE INITIALLY DEFERRED;
INSERT INTO "schema_migrations" ("version") VALUES ('20240821091556') RETURNING "version";
COMMIT;
