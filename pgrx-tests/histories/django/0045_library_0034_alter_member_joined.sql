BEGIN;
--
-- Alter field joined on member
--
ALTER TABLE "library_member" ALTER COLUMN "joined" SET DEFAULT (STATEMENT_TIMESTAMP());
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0034_alter_member_joined', now()) RETURNING "django_migrations"."id";
