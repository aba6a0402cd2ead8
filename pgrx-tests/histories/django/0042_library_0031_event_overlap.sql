BEGIN;
--
-- Creates extension btree_gist
--
CREATE EXTENSION IF NOT EXISTS "btree_gist";
--
-- Create constraint event_no_overlap on model event
--
ALTER TABLE "library_event" ADD CONSTRAINT "event_no_overlap" EXCLUDE USING GIST ("branch_id" WITH =, "during" WITH &&);
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0031_event_overlap', now()) RETURNING "django_migrations"."id";
