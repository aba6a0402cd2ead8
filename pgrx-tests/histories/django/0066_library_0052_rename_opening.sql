BEGIN;
--
-- Rename table for opening to library_opening_hours
--
ALTER TABLE "library_opening" RENAME TO "library_opening_hours";
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0052_rename_opening', now()) RETURNING "django_migrations"."id";
