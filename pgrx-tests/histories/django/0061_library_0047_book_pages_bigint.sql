BEGIN;
SET LOCAL lock_timeout = '3s';
--
-- Alter field pages on book
--
ALTER TABLE "library_book" ALTER COLUMN "pages" TYPE bigint;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0047_book_pages_bigint', now()) RETURNING "django_migrations"."id";
