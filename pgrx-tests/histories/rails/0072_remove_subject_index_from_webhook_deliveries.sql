SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
DROP INDEX CONCURRENTLY IF EXISTS "index_webhook_deliveries_on_subject";
INSERT INTO "schema_migrations" ("version") VALUES ('20250303091512') RETURNING "version";
