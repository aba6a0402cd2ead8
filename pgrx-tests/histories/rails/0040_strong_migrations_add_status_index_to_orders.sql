SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
CREATE INDEX CONCURRENTLY "index_orders_on_status_and_placed_at" ON "orders" ("status", "placed_at");
INSERT INTO "schema_migrations" ("version") VALUES ('20240312091540') RETURNING "version";
