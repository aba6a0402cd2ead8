BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
DROP MATERIALIZED VIEW "order_totals";
CREATE MATERIALIZED VIEW "order_totals" AS SELECT orders.user_id, count(*) AS orders_count, sum(orders.total) AS total, max(orders.placed_at) AS last_placed_at
  FROM orders
 GROUP BY orders.user_id;
CREATE UNIQUE INDEX "index_order_totals_on_user_id" ON "order_totals" ("user_id");
INSERT INTO "schema_migrations" ("version") VALUES ('20250403091515') RETURNING "version";
COMMIT;
