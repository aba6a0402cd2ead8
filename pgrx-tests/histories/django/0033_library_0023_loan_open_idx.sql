--
-- Concurrently create index loan_open_idx on field(s) due of model loan
--
CREATE INDEX CONCURRENTLY "loan_open_idx" ON "library_loan" ("due") WHERE "returned" IS NULL;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0023_loan_open_idx', now()) RETURNING "django_migrations"."id";
