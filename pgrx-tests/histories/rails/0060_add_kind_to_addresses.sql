BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "addresses" ADD "kind" integer DEFAULT 0 NOT NULL;
CREATE INDEX "index_addresses_on_user_id_and_kind" ON "addresses" ("user_id", "kind");
INSERT INTO "schema_migrations" ("version") VALUES ('20241003091500') RETURNING "version";
COMMIT;
