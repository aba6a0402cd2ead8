INSERT INTO users (email, encrypted_password, created_at, updated_at) SELECT 'user' || n || '@example.com', md5(n::text), now(), now() FROM generate_series(1, 3000) n;
INSERT INTO categories (name, slug, position, created_at, updated_at) SELECT 'Category ' || n, 'category-' || n, n, now(), now() FROM generate_series(1, 20) n;
INSERT INTO products (category_id, name, sku, description, price, stock, published, created_at, updated_at) SELECT 1 + n % 20, 'Product ' || n, 'SKU-' || n, '', n, n, n % 2 = 0, now(), now() FROM generate_series(1, 300) n;
INSERT INTO addresses (user_id, line1, city, postcode, country, created_at, updated_at) SELECT n, n || ' High Street', 'Leeds', 'LS1', 'GB', now(), now() FROM generate_series(1, 800) n;
INSERT INTO orders (user_id, number, status, total, placed_at, created_at, updated_at) SELECT 1 + n % 3000, 'R' || n, n % 4, n, now(), now(), now() FROM generate_series(1, 5000) n;
INSERT INTO line_items (order_id, product_id, quantity, unit_price, created_at, updated_at) SELECT 1 + n % 5000, 1 + n % 300, 1, n, now(), now() FROM generate_series(1, 8000) n;
ANALYZE;
