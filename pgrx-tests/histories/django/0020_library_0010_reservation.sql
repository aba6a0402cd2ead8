BEGIN;
--
-- Create model Reservation
--
CREATE TABLE "library_reservation" ("id" uuid NOT NULL PRIMARY KEY, "made" timestamp with time zone NOT NULL, "position" smallint NOT NULL CHECK ("position" >= 0), "state" varchar(10) NOT NULL, "book_id" bigint NOT NULL, "member_id" bigint NOT NULL);
--
-- Create constraint one_reservation_a_book on model reservation
--
ALTER TABLE "library_reservation" ADD CONSTRAINT "one_reservation_a_book" UNIQUE ("book_id", "member_id");
--
-- Create constraint state_is_known on model reservation
--
ALTER TABLE "library_reservation" ADD CONSTRAINT "state_is_known" CHECK ("state" IN ('waiting', 'ready', 'gone'));
ALTER TABLE "library_reservation" ADD CONSTRAINT "library_reservation_book_id_5e6f7a8b_fk_library_book_id" FOREIGN KEY ("book_id") REFERENCES "library_book" ("id") DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE "library_reservation" ADD CONSTRAINT "library_reservation_member_id_9c0d1e2f_fk_library_member_id" FOREIGN KEY ("member_id") REFERENCES "library_member" ("id") DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX "library_reservation_book_id_5e6f7a8b" ON "library_reservation" ("book_id");
CREATE INDEX "library_reservation_member_id_9c0d1e2f" ON "library_reservation" ("member_id");
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0010_reservation', now()) RETURNING "django_migrations"."id";
