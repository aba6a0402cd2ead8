-- Nothing of pg_warden is left, and nothing of anybody's is gone.
SET client_min_messages = warning;
DROP EXTENSION pg_warden;
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'warden%';
SELECT evtname FROM pg_event_trigger WHERE evtname LIKE 'pg_warden%';
SELECT count(*) FROM orders;
