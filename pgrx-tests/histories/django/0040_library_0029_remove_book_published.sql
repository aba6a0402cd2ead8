BEGIN;
--
-- Remove field published from book
--
ALTER TABLE "library_book" DROP COLUMN "published" CASCADE;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0029_remove_book_published', now()) RETURNING "django_migrations"."id";
