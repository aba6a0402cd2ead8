BEGIN;
SET LOCAL lock_timeout = '3s';
--
-- Add field renewals to loan
--
ALTER TABLE "library_loan" ADD COLUMN "renewals" smallint DEFAULT 0 NOT NULL CHECK ("renewals" >= 0);
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0035_loan_renewals', now()) RETURNING "django_migrations"."id";
