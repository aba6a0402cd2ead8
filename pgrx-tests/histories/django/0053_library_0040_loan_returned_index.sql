BEGIN;
--
-- Alter field returned on loan
--
CREATE INDEX "library_loan_returned_2a3b4c5d" ON "library_loan" ("returned");
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0040_loan_returned_index', now()) RETURNING "django_migrations"."id";
