BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "users" ALTER COLUMN "current_sign_in_ip" TYPE text;
INSERT INTO "schema_migrations" ("version") VALUES ('20241012091501') RETURNING "version";
COMMIT;
