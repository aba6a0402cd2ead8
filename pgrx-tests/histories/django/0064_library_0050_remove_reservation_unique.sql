BEGIN;
SET LOCAL lock_timeout = '3s';
--
-- Remove constraint one_reservation_a_book from model reservation
--
ALTER TABLE "library_reservation" DROP CONSTRAINT "one_reservation_a_book";
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0050_remove_reservation_unique', now()) RETURNING "django_migrations"."id";
