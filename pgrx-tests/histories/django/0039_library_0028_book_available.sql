BEGIN;
--
-- Add field available to book
--
ALTER TABLE "library_book" ADD COLUMN "available" boolean DEFAULT true NOT NULL;
ALTER TABLE "library_book" ALTER COLUMN "available" DROP DEFAULT;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0028_book_available', now()) RETURNING "django_migrations"."id";
