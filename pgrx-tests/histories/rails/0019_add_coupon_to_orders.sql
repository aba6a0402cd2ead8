BEGIN;
ALTER TABLE "orders" ADD "coupon_id" bigint;
CREATE INDEX "index_orders_on_coupon_id" ON "orders" ("coupon_id");
ALTER TABLE "orders" ADD CONSTRAINT "fk_rails_e0cd2eb0f1"
FOREIGN KEY ("coupon_id")
  REFERENCES "coupons" ("id");
INSERT INTO "schema_migrations" ("version") VALUES ('20230712091519') RETURNING "version";
COMMIT;
