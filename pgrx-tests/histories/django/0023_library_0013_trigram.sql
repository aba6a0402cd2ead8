BEGIN;
--
-- Creates extension pg_trgm
--
CREATE EXTENSION IF NOT EXISTS "pg_trgm";
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0013_trigram', now()) RETURNING "django_migrations"."id";
