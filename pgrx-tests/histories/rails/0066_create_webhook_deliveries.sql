BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
CREATE TABLE "webhook_deliveries" ("id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY, "subject_type" character varying NOT NULL, "subject_id" bigint NOT NULL, "url" character varying(2048) NOT NULL, "headers" jsonb DEFAULT '{}' NOT NULL, "attempts" smallint DEFAULT 0 NOT NULL, "ip" inet, "tags" character varying[] DEFAULT '{}', "window" daterange, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
CREATE INDEX "index_webhook_deliveries_on_subject" ON "webhook_deliveries" ("subject_type", "subject_id");
INSERT INTO "schema_migrations" ("version") VALUES ('20250103091506') RETURNING "version";
COMMIT;
