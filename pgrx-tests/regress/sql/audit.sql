-- What a schema owes already.
SET client_min_messages = error;
CREATE SCHEMA shop;
CREATE TABLE shop.log (message text);
INSERT INTO shop.log SELECT 'line ' || n FROM generate_series(1, 1000) n;
CREATE TABLE shop.product (id serial PRIMARY KEY, name text);
INSERT INTO shop.product (name) SELECT 'product ' || n FROM generate_series(1, 1000) n;
CREATE INDEX product_name_idx ON shop.product (name);
CREATE INDEX product_name_again_idx ON shop.product (name);
ANALYZE;
SELECT level, rule, object FROM warden.audit(ARRAY['shop']) ORDER BY rule, object;
SELECT DISTINCT rule FROM warden.audit_table('shop.log');
