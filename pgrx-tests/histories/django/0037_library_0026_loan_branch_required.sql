BEGIN;
--
-- Alter field branch on loan
--
SET CONSTRAINTS "library_loan_branch_id_3b4c5d6e_fk_library_branch_id" IMMEDIATE; ALTER TABLE "library_loan" DROP CONSTRAINT "library_loan_branch_id_3b4c5d6e_fk_library_branch_id";
ALTER TABLE "library_loan" ALTER COLUMN "branch_id" SET NOT NULL;
ALTER TABLE "library_loan" ADD CONSTRAINT "library_loan_branch_id_3b4c5d6e_fk_library_branch_id" FOREIGN KEY ("branch_id") REFERENCES "library_branch" ("id") DEFERRABLE INITIALLY DEFERRED;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0026_loan_branch_required', now()) RETURNING "django_migrations"."id";
