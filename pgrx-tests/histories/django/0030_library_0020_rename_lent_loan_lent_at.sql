BEGIN;
--
-- Rename field lent on loan to lent_at
--
ALTER TABLE "library_loan" RENAME COLUMN "lent" TO "lent_at";
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0020_rename_lent_loan_lent_at', now()) RETURNING "django_migrations"."id";
