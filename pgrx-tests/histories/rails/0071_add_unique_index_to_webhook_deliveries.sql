SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
CREATE UNIQUE INDEX CONCURRENTLY "index_webhook_deliveries_on_subject_id_and_url" ON "webhook_deliveries" ("subject_id", "url") WHERE attempts = 0;
INSERT INTO "schema_migrations" ("version") VALUES ('20250221091511') RETURNING "version";
