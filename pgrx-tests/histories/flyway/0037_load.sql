INSERT INTO audit.log (relation, action) SELECT 'shop.orders', 'I' FROM generate_series(1, 1500) n;
VACUUM ANALYZE;
