BEGIN;
--
-- Create model Opening
--
CREATE TABLE "library_opening" ("branch_id" bigint NOT NULL, "weekday" smallint NOT NULL CHECK ("weekday" >= 0), "opens" time NOT NULL, "closes" time NOT NULL, "note" varchar(200) NOT NULL, CONSTRAINT "library_opening_pk" PRIMARY KEY ("branch_id", "weekday"));
--
-- Create constraint opening_in_order on model opening
--
ALTER TABLE "library_opening" ADD CONSTRAINT "opening_in_order" CHECK ("closes" > "opens");
ALTER TABLE "library_opening" ADD CONSTRAINT "library_opening_branch_id_6d5c4b3a_fk_library_branch_id" FOREIGN KEY ("branch_id") REFERENCES "library_branch" ("id") DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX "library_opening_branch_id_6d5c4b3a" ON "library_opening" ("branch_id");
COMMIT;
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0044_opening', now()) RETURNING "django_migrations"."id";
