BEGIN;
--
-- Create constraint reservation_position_small on model reservation
--
ALTER TABLE "library_reservation" ADD CONSTRAINT "reservation_position_small" CHECK ("position" < 1000) NOT VALID;
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0024_reservation_check', now()) RETURNING "django_migrations"."id";
