BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "payments" ALTER COLUMN "provider" DROP NOT NULL;
ALTER TABLE "payments" ALTER COLUMN "provider" TYPE character varying(64);
INSERT INTO "schema_migrations" ("version") VALUES ('20250421091517') RETURNING "version";
COMMIT;
