--
-- Raw Python operation
--
SELECT "library_book"."id", "library_book"."title" FROM "library_book" WHERE "library_book"."uuid" IS NULL LIMIT 2000;
UPDATE "library_book" SET "uuid" = gen_random_uuid() WHERE "library_book"."id" BETWEEN 1 AND 2000;
UPDATE "library_book" SET "uuid" = gen_random_uuid() WHERE "library_book"."id" BETWEEN 2001 AND 4000;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0018_populate_book_uuid', now()) RETURNING "django_migrations"."id";
