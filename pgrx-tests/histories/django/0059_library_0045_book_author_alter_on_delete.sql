BEGIN;
--
-- Alter field author on book
--
-- (no-op)
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0045_book_author_alter_on_delete', now()) RETURNING "django_migrations"."id";
