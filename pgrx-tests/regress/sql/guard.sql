-- What a server must show where pg_warden is well installed; the rest is for `make test`. Messages alone: sizes and times are the machine's.
\set VERBOSITY terse
SET client_min_messages = error;
CREATE EXTENSION pg_warden;
CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id bigint);
INSERT INTO orders (customer_id) SELECT n FROM generate_series(1, 5000) n;
ANALYZE orders;

-- In a session that did not make the table, and for which it is large.
\c -
LOAD 'pg_warden';
SET client_min_messages = warning;
SET lock_timeout = '5s';
SET warden.large_table_rows = 1000;
SET warden.mode = 'warn';
CREATE INDEX orders_customer_id_idx ON orders (customer_id);
DROP INDEX CONCURRENTLY orders_customer_id_idx;

SET warden.mode = 'enforce';
CREATE INDEX orders_customer_id_idx ON orders (customer_id);
SELECT to_regclass('orders_customer_id_idx') AS refused;
CREATE INDEX CONCURRENTLY orders_customer_id_idx ON orders (customer_id);
SELECT to_regclass('orders_customer_id_idx') AS built;

-- What only the whole transaction can show.
BEGIN;
CREATE TABLE returns (id bigint PRIMARY KEY, order_id bigint REFERENCES orders);
COMMIT;
BEGIN;
CREATE TABLE refunds (id bigint PRIMARY KEY, order_id bigint REFERENCES orders);
CREATE INDEX ON refunds (order_id);
COMMIT;

SET warden.mode = 'off';
CREATE INDEX orders_again_idx ON orders (customer_id);
