BEGIN;
--
-- Validate constraint reservation_position_small on model reservation
--
ALTER TABLE "library_reservation" VALIDATE CONSTRAINT "reservation_position_small";
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0025_validate_reservation_check', now()) RETURNING "django_migrations"."id";
