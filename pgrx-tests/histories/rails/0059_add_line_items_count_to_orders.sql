BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "orders" ADD "line_items_count" integer DEFAULT 0 NOT NULL;
INSERT INTO "schema_migrations" ("version") VALUES ('20240921091559') RETURNING "version";
COMMIT;
