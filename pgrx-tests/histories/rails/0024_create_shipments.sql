BEGIN;
CREATE TABLE "shipments" ("id" uuid DEFAULT gen_random_uuid() NOT NULL PRIMARY KEY, "order_id" bigint NOT NULL, "address_id" bigint NOT NULL, "state" "fulfilment_state" DEFAULT 'pending' NOT NULL, "tracking_number" character varying, "shipped_at" timestamp(6), "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL, CONSTRAINT "fk_rails_3a5b1c0e77"
FOREIGN KEY ("order_id")
  REFERENCES "orders" ("id")
, CONSTRAINT "fk_rails_b0a1f2c3d4"
FOREIGN KEY ("address_id")
  REFERENCES "addresses" ("id")
);
CREATE INDEX "index_shipments_on_order_id" ON "shipments" ("order_id");
CREATE INDEX "index_shipments_on_address_id" ON "shipments" ("address_id");
INSERT INTO "schema_migrations" ("version") VALUES ('20230903091524') RETURNING "version";
COMMIT;
