BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
CREATE TABLE "payments" ("id" bigserial primary key, "order_id" bigint NOT NULL, "provider" character varying NOT NULL, "reference" character varying NOT NULL, "amount_cents" integer NOT NULL, "currency" character varying(3) DEFAULT 'GBP' NOT NULL, "metadata" jsonb DEFAULT '{}' NOT NULL, "captured_at" timestamptz, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL, CONSTRAINT "fk_rails_6af949464b"
FOREIGN KEY ("order_id")
  REFERENCES "orders" ("id") ON DELETE CASCADE
);
CREATE INDEX "index_payments_on_order_id" ON "payments" ("order_id");
CREATE UNIQUE INDEX "index_payments_on_provider_and_reference" ON "payments" ("provider", "reference");
CREATE INDEX "index_payments_on_metadata" ON "payments" USING gin ("metadata");
INSERT INTO "schema_migrations" ("version") VALUES ('20240721091553') RETURNING "version";
COMMIT;
