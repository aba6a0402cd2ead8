BEGIN;
--
-- Delete model Fine
--
DROP TABLE "library_fine" CASCADE;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0039_delete_fine', now()) RETURNING "django_migrations"."id";
