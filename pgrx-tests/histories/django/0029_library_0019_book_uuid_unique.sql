BEGIN;
--
-- Alter field uuid on book
--
ALTER TABLE "library_book" ALTER COLUMN "uuid" SET NOT NULL;
ALTER TABLE "library_book" ADD CONSTRAINT "library_book_uuid_6c7d8e9f_uniq" UNIQUE ("uuid");
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0019_book_uuid_unique', now()) RETURNING "django_migrations"."id";
