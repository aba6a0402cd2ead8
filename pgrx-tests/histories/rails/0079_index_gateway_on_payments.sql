SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
CREATE INDEX CONCURRENTLY "index_payments_on_gateway_id" ON "payments" ("gateway_id");
ALTER TABLE "payments" VALIDATE CONSTRAINT "fk_rails_4e1f0c2b7d";
INSERT INTO "schema_migrations" ("version") VALUES ('20250512091519') RETURNING "version";
