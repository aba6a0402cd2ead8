BEGIN;
SET LOCAL lock_timeout = '3s';
--
-- Remove field note from member
--
ALTER TABLE "library_member" DROP COLUMN "note" CASCADE;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0046_remove_member_note', now()) RETURNING "django_migrations"."id";
