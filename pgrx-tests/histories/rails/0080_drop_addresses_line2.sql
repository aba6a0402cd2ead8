BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "addresses" DROP COLUMN "line2";
ALTER TABLE "addresses" ALTER COLUMN "country" TYPE character varying(3);
INSERT INTO "schema_migrations" ("version") VALUES ('20250521091520') RETURNING "version";
COMMIT;
