BEGIN;
COMMENT ON TABLE "orders" IS 'Everything from basket to delivery; see Order::STATUSES';
COMMENT ON COLUMN "orders"."status" IS '0 basket, 1 placed, 2 paid, 3 shipped';
INSERT INTO "schema_migrations" ("version") VALUES ('20230812091522') RETURNING "version";
COMMIT;
