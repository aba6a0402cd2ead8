BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "orders" ADD CONSTRAINT "fk_rails_91d9d5a3f1"
FOREIGN KEY ("shipping_address_id")
  REFERENCES "addresses" ("id")
 NOT VALID;
INSERT INTO "schema_migrations" ("version") VALUES ('20240421091544') RETURNING "version";
COMMIT;
