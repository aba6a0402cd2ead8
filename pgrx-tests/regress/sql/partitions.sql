-- A month's partition, and the same again.
\set VERBOSITY terse
CREATE TABLE events (id bigint, occurred timestamptz, PRIMARY KEY (id, occurred)) PARTITION BY RANGE (occurred);
SELECT warden.create_monthly_partition('events', '2030-01-01');
SELECT warden.create_monthly_partition('events', '2030-01-01');
SELECT warden.create_monthly_partition('events', NULL);
SELECT warden.create_monthly_partition('orders', '2030-01-01');
SET TIME ZONE 'UTC';
SET datestyle = 'ISO';
SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE relname = 'events_2030_01';
