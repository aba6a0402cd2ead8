--
-- Raw SQL operation
--
SET lock_timeout = '5s';
CREATE UNIQUE INDEX CONCURRENTLY "one_open_reservation" ON "library_reservation" ("book_id", "position") WHERE "state" = 'waiting';
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0038_reservation_unique_open', now()) RETURNING "django_migrations"."id";
