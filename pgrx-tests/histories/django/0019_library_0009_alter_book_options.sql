BEGIN;
--
-- Change Meta options on book
--
-- (no-op)
--
-- Alter field language on book
--
-- (no-op)
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0009_alter_book_options', now()) RETURNING "django_migrations"."id";
