BEGIN;
--
-- Rename index author_sort_idx on author to author_sort_name_idx
--
ALTER INDEX "author_sort_idx" RENAME TO "author_sort_name_idx";
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0037_rename_index', now()) RETURNING "django_migrations"."id";
