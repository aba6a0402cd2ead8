CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_placed_ix ON shop.orders (placed_at DESC) INCLUDE (state);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (14, '14', 'orders_placed_index', 'SQL', 'V14__orders_placed_index.sql', 1014, current_user, 12, TRUE);
