BEGIN;
--
-- Remove index event_labels_gin from event
--
DROP INDEX IF EXISTS "event_labels_gin";
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0043_remove_event_labels_gin', now()) RETURNING "django_migrations"."id";
