BEGIN;
--
-- Add field note to member
--
ALTER TABLE "library_member" ADD COLUMN "note" text NULL;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0032_member_note', now()) RETURNING "django_migrations"."id";
