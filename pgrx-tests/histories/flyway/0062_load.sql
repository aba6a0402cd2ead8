INSERT INTO shop.warehouses (code) VALUES ('LEE'), ('HAM');
INSERT INTO shop.stock_moves SELECT 1 + n % 2, 1 + n % 200, '2024-05-01'::timestamptz + n * interval '1 min', 1 FROM generate_series(1, 2500) n;
INSERT INTO shop.invoices (order_id) SELECT n FROM generate_series(1, 3000) n;
REFRESH MATERIALIZED VIEW shop.daily_sales;
VACUUM ANALYZE;
