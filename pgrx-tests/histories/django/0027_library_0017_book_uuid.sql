BEGIN;
--
-- Add field uuid to book
--
ALTER TABLE "library_book" ADD COLUMN "uuid" uuid NULL;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0017_book_uuid', now()) RETURNING "django_migrations"."id";
