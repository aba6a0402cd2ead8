BEGIN;
CREATE INDEX "index_orders_on_placed_at" ON "orders" ("placed_at");
INSERT INTO "schema_migrations" ("version") VALUES ('20230921091526') RETURNING "version";
COMMIT;
