SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
CREATE INDEX CONCURRENTLY "index_orders_on_shipping_address_id" ON "orders" ("shipping_address_id");
INSERT INTO "schema_migrations" ("version") VALUES ('20240412091543') RETURNING "version";
