BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
CREATE TABLE "gateways" ("id" bigserial primary key, "name" character varying NOT NULL, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
ALTER TABLE "payments" ADD "gateway_id" bigint;
ALTER TABLE "payments" ADD CONSTRAINT "fk_rails_4e1f0c2b7d"
FOREIGN KEY ("gateway_id")
  REFERENCES "gateways" ("id")
 NOT VALID;
INSERT INTO "schema_migrations" ("version") VALUES ('20250503091518') RETURNING "version";
COMMIT;
