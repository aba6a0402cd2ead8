INSERT INTO webhook_deliveries (subject_type, subject_id, url, created_at, updated_at) SELECT 'Order', n, 'https://example.com', now(), now() FROM generate_series(1, 3000) n;
INSERT INTO payments (order_id, provider, reference, amount_cents, created_at, updated_at) SELECT n, 'stripe', 'ch_' || n, n, now(), now() FROM generate_series(1, 4500) n;
VACUUM ANALYZE;
