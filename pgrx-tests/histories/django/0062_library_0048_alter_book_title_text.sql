BEGIN;
SET LOCAL lock_timeout = '3s';
--
-- Alter field title on book
--
ALTER TABLE "library_book" ALTER COLUMN "title" TYPE text;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0048_alter_book_title_text', now()) RETURNING "django_migrations"."id";
