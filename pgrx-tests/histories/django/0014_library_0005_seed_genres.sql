BEGIN;
--
-- Raw Python operation
--
INSERT INTO "library_genre" ("name") VALUES ('Novel'), ('Poetry'), ('History'), ('Science') RETURNING "library_genre"."id";
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0005_seed_genres', now()) RETURNING "django_migrations"."id";
