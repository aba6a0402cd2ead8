BEGIN;
--
-- Add field subtitle to book
--
ALTER TABLE "library_book" ADD COLUMN "subtitle" varchar(200) DEFAULT '' NOT NULL;
ALTER TABLE "library_book" ALTER COLUMN "subtitle" DROP DEFAULT;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0012_book_subtitle', now()) RETURNING "django_migrations"."id";
