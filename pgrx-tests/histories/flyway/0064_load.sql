INSERT INTO shop.visits (customer_id, came_from) SELECT 1 + n % 2500, '10.0.0.1' FROM generate_series(1, 4000) n;
INSERT INTO shop.page_hits (hit_at, path) SELECT '2024-03-01'::timestamptz + n * interval '1 min', '/' FROM generate_series(1, 3000) n;
VACUUM ANALYZE;
