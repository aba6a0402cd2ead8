BEGIN;
--
-- Add field phone to branch
--
ALTER TABLE "library_branch" ADD COLUMN "phone" varchar(20) NULL;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0011_branch_phone', now()) RETURNING "django_migrations"."id";
