BEGIN;
CREATE MATERIALIZED VIEW "order_totals" AS SELECT orders.user_id, count(*) AS orders_count, sum(orders.total) AS total
  FROM orders
 GROUP BY orders.user_id;
CREATE UNIQUE INDEX "index_order_totals_on_user_id" ON "order_totals" ("user_id");
INSERT INTO "schema_migrations" ("version") VALUES ('20240221091538') RETURNING "version";
COMMIT;
