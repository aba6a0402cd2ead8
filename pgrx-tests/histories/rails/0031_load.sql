INSERT INTO versions (item_type, item_id, event, object, created_at) SELECT 'Order', 1 + n % 5000, 'update', '{"status": 1}', now() FROM generate_series(1, 6000) n;
INSERT INTO shipments (order_id, address_id, state, created_at, updated_at) SELECT n, 1 + n % 800, 'shipped', now(), now() FROM generate_series(1, 2500) n;
INSERT INTO coupons (code, percent_off, starts_on, created_at, updated_at) SELECT 'SAVE' || n, 10, '2023-06-01', now(), now() FROM generate_series(1, 50) n;
UPDATE orders SET coupon_id = 1 + id % 50 WHERE id % 10 = 0;
VACUUM ANALYZE;
