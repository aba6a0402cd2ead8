BEGIN;
SET LOCAL lock_timeout = '3s';
--
-- Add field rating to loan
--
ALTER TABLE "library_loan" ADD COLUMN "rating" double precision NULL;
--
-- Add field rated_at to loan
--
ALTER TABLE "library_loan" ADD COLUMN "rated_at" timestamp with time zone DEFAULT (STATEMENT_TIMESTAMP()) NULL;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0049_loan_rating', now()) RETURNING "django_migrations"."id";
