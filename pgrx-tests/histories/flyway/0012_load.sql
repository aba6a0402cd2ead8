INSERT INTO shop.customers (email, full_name, country) SELECT 'c' || n || '@example.com', 'Customer ' || n, 'GB' FROM generate_series(1, 2500) n;
INSERT INTO shop.products (sku, title, price) SELECT 'S' || n, 'Product ' || n, n FROM generate_series(1, 200) n;
INSERT INTO shop.orders (customer_id, state, placed_at, total, remark) SELECT 1 + n % 2500, 'done', '2024-01-01'::timestamptz + n * interval '10 min', n, 'r' FROM generate_series(1, 6000) n;
INSERT INTO shop.order_lines SELECT n, 1, 1 + n % 200, 1, n FROM generate_series(1, 6000) n;
INSERT INTO shop.events (happened_at, customer_id, kind) SELECT '2024-01-01'::timestamptz + n * interval '15 min', 1 + n % 2500, 'view' FROM generate_series(1, 5500) n;
VACUUM ANALYZE;
