BEGIN;
--
-- Alter field id on logentry
--
ALTER TABLE "django_admin_log" ALTER COLUMN "id" TYPE bigint;
ALTER SEQUENCE IF EXISTS "django_admin_log_id_seq" AS bigint;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0053_user_id_bigint', now()) RETURNING "django_migrations"."id";
