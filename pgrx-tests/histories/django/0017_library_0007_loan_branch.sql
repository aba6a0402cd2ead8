BEGIN;
--
-- Add field branch to loan
--
ALTER TABLE "library_loan" ADD COLUMN "branch_id" bigint NULL CONSTRAINT "library_loan_branch_id_3b4c5d6e_fk_library_branch_id" REFERENCES "library_branch"("id") DEFERRABLE INITIALLY DEFERRED; SET CONSTRAINTS "library_loan_branch_id_3b4c5d6e_fk_library_branch_id" IMMEDIATE;
CREATE INDEX "library_loan_branch_id_3b4c5d6e" ON "library_loan" ("branch_id");
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0007_loan_branch', now()) RETURNING "django_migrations"."id";
