BEGIN;
--
-- Create index loan_due_idx on field(s) due, returned of model loan
--
CREATE INDEX "loan_due_idx" ON "library_loan" ("due", "returned");
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0015_loan_due_idx', now()) RETURNING "django_migrations"."id";
