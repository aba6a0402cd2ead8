BEGIN;
--
-- Alter field name on author
--
ALTER TABLE "library_author" ALTER COLUMN "name" TYPE varchar(200);
--
-- Add field bio to author
--
ALTER TABLE "library_author" ADD COLUMN "bio" text DEFAULT '' NOT NULL;
ALTER TABLE "library_author" ALTER COLUMN "bio" DROP DEFAULT;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0008_alter_author_name', now()) RETURNING "django_migrations"."id";
