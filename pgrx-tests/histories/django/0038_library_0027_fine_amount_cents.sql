BEGIN;
--
-- Alter field amount on fine
--
ALTER TABLE "library_fine" ALTER COLUMN "amount" TYPE integer USING "amount"::integer;
--
-- Rename field amount on fine to cents
--
ALTER TABLE "library_fine" RENAME COLUMN "amount" TO "cents";
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0027_fine_amount_cents', now()) RETURNING "django_migrations"."id";
