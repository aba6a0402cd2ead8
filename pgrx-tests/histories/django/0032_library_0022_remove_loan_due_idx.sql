--
-- Concurrently remove index loan_due_idx from loan
--
DROP INDEX CONCURRENTLY IF EXISTS "loan_due_idx";
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0022_remove_loan_due_idx', now()) RETURNING "django_migrations"."id";
