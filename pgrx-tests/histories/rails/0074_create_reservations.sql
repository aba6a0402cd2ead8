BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
CREATE EXTENSION IF NOT EXISTS "btree_gist" CASCADE;
CREATE TABLE "reservations" ("id" bigserial primary key, "product_id" bigint NOT NULL, "during" tstzrange NOT NULL, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL, CONSTRAINT "fk_rails_0b2c1fd1a8"
FOREIGN KEY ("product_id")
  REFERENCES "products" ("id")
, CONSTRAINT "excl_rails_5ef01b3f58" EXCLUDE USING gist (product_id WITH =, during WITH &&));
CREATE INDEX "index_reservations_on_product_id" ON "reservations" ("product_id");
INSERT INTO "schema_migrations" ("version") VALUES ('20250321091514') RETURNING "version";
COMMIT;
