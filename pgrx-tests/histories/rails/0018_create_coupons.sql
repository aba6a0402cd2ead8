BEGIN;
CREATE TABLE "coupons" ("id" bigserial primary key, "code" citext NOT NULL, "percent_off" integer, "amount_off" decimal(10,2), "starts_on" date NOT NULL, "ends_on" date, "usage_limit" integer, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL, CONSTRAINT chk_rails_5f1d3b9a20 CHECK (percent_off BETWEEN 1 AND 100));
CREATE UNIQUE INDEX "index_coupons_on_code" ON "coupons" ("code");
INSERT INTO "schema_migrations" ("version") VALUES ('20230703091518') RETURNING "version";
COMMIT;
