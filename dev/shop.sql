-- The demo's shop: sizes that make a careless DDL statement felt, and the faults an honest schema of some years has.
-- Loaded before pg_warden is created, as on a server that it comes to later.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
SET synchronous_commit = off;
SET maintenance_work_mem = '256MB';
SET TIME ZONE 'UTC';

BEGIN;
CREATE TABLE customers (
    id      bigint GENERATED ALWAYS AS IDENTITY,
    email   text NOT NULL,
    name    text NOT NULL,
    phone   text,
    joined  date NOT NULL
);
INSERT INTO customers (email, name, phone, joined)
SELECT 'customer' || n || '@example.com', 'Customer ' || n, '+49 30 ' || n / 2, date '2022-01-01' + n % 1400
FROM generate_series(1, 100000) n;
ALTER TABLE customers ADD PRIMARY KEY (id), ADD UNIQUE (email);

-- No index on customer_id: the foreign key is checked against the whole table whenever a customer is deleted.
CREATE TABLE orders (
    id           bigint GENERATED ALWAYS AS IDENTITY,
    customer_id  bigint,
    placed       timestamptz NOT NULL,
    status       text NOT NULL,
    total        numeric(10, 2) NOT NULL
);
INSERT INTO orders (customer_id, placed, status, total)
SELECT 1 + n * bigint '7919' % 100000, now() - (1000000 - n) * interval '40 seconds',
       (ARRAY['new', 'paid', 'sent', 'done'])[1 + n % 4], (n % 50000) / 100.0
FROM generate_series(1, 1000000) n;
ALTER TABLE orders ADD PRIMARY KEY (id), ADD FOREIGN KEY (customer_id) REFERENCES customers (id);
COMMIT;

BEGIN;
-- A serial column, as old tutorials have it.
CREATE TABLE products (
    id     serial PRIMARY KEY,
    title  text NOT NULL,
    price  numeric(10, 2) NOT NULL
);
INSERT INTO products (title, price) SELECT 'Product ' || n, n % 900 + 0.99 FROM generate_series(1, 5000) n;

-- Three items an order: tied to it by convention alone, and to products by a key without an index.
CREATE TABLE order_items (
    id          bigint GENERATED ALWAYS AS IDENTITY,
    order_id    bigint NOT NULL,
    product_id  int NOT NULL,
    quantity    int NOT NULL,
    price       numeric(10, 2) NOT NULL
);
INSERT INTO order_items (order_id, product_id, quantity, price)
SELECT 1 + n / 3, 1 + n % 5000, 1 + n % 3, (n % 900) + 0.99
FROM generate_series(0, 2999999) n;
ALTER TABLE order_items ADD PRIMARY KEY (id), ADD FOREIGN KEY (product_id) REFERENCES products (id);
COMMIT;

-- No key at all: no way to name one row, and UPDATE cannot be replicated.
CREATE TABLE import_log (at timestamptz NOT NULL, file text NOT NULL, message text);
INSERT INTO import_log SELECT now() - n * interval '1 hour', 'orders-' || n || '.csv', 'ok' FROM generate_series(1, 2000) n;

-- One index twice, and one that another begins with.
CREATE INDEX customers_email_idx ON customers (email);
CREATE INDEX orders_status_idx ON orders (status);
CREATE INDEX orders_status_placed_idx ON orders (status, placed);

CREATE TABLE events (
    id        bigint GENERATED ALWAYS AS IDENTITY,
    occurred  timestamptz NOT NULL,
    order_id  bigint NOT NULL,
    kind      text NOT NULL,
    PRIMARY KEY (id, occurred)
) PARTITION BY RANGE (occurred);
-- Three months up to this one; the next is left to warden.create_monthly_partition.
SELECT format('CREATE TABLE events_%s PARTITION OF events FOR VALUES FROM (%L) TO (%L)',
              to_char(month, 'YYYY_MM'), month, month + interval '1 month')
FROM generate_series(date_trunc('month', now()) - interval '2 months', date_trunc('month', now()), interval '1 month') month
\gexec
INSERT INTO events (occurred, order_id, kind)
SELECT start + n / 200000.0 * (now() - start), n, (ARRAY['viewed', 'added', 'bought'])[1 + n % 3]
FROM generate_series(1, 200000) n, (SELECT date_trunc('month', now()) - interval '2 months' AS start) first;

VACUUM ANALYZE;
