BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "orders" ADD "shipping_address_id" bigint;
INSERT INTO "schema_migrations" ("version") VALUES ('20240403091542') RETURNING "version";
COMMIT;
