BEGIN;
--
-- Alter field address on branch
--
COMMENT ON COLUMN "library_branch"."address" IS 'As printed on letters';
--
-- Alter db_table_comment on branch
--
COMMENT ON TABLE "library_branch" IS 'Where books are';
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0041_squashed_comments', now()) RETURNING "django_migrations"."id";
