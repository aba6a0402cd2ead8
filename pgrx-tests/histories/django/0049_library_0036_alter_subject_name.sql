BEGIN;
--
-- Alter field name on subject
--
ALTER TABLE "library_subject" DROP CONSTRAINT "library_genre_name_key";
DROP INDEX IF EXISTS "library_genre_name_1c2d3e4f_like";
ALTER TABLE "library_subject" ALTER COLUMN "name" TYPE text USING "name"::text;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0036_alter_subject_name', now()) RETURNING "django_migrations"."id";
