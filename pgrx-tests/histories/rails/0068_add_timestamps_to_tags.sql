BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "tags" DROP COLUMN "created_at", DROP COLUMN "updated_at";
ALTER TABLE "tags" ADD "created_at" timestamp(6) DEFAULT CURRENT_TIMESTAMP NOT NULL, ADD "updated_at" timestamp(6) DEFAULT CURRENT_TIMESTAMP NOT NULL;
INSERT INTO "schema_migrations" ("version") VALUES ('20250121091508') RETURNING "version";
COMMIT;
