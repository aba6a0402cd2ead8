BEGIN;
--
-- Rename model Genre to Subject
--
ALTER TABLE "library_genre" RENAME TO "library_subject";
ALTER TABLE "library_book_genres" RENAME COLUMN "genre_id" TO "subject_id";
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0021_rename_genre_subject', now()) RETURNING "django_migrations"."id";
