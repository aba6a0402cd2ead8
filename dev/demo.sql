-- What `make demo` shows, run through psql --echo-queries: \echo tells, the statements speak for themselves.
\set ON_ERROR_STOP off
\pset columns 110

\echo
\echo '=== 1. A shop that has been running for a while. pg_warden is one statement away.'
\echo
CREATE EXTENSION pg_warden;

\echo
\echo '=== 2. Guard. An index on a million orders, built the short way: it is built, and pg_warden says what it cost.'
\echo
CREATE INDEX orders_customer_id_idx ON orders (customer_id);

\echo
\echo '=== 3. The same where pg_warden enforces: refused before any lock is taken.'
\echo
DROP INDEX CONCURRENTLY orders_customer_id_idx;
SET warden.mode = 'enforce';
CREATE INDEX orders_customer_id_idx ON orders (customer_id);

\echo
\echo '=== 4. What it proposed, pasted. Not a word: this is the safe way.'
\echo
CREATE INDEX CONCURRENTLY orders_customer_id_idx ON public.orders (customer_id);

RESET warden.mode;

\echo
\echo '=== 5. Policy. Enforced for everybody, with an exception that has a reason, and one for a single statement.'
\echo
SET lock_timeout = '2s';
SELECT warden.set_mode('enforce');
CREATE INDEX orders_total_idx ON orders (total);
/* warden:allow create-index-not-concurrent: nobody is here yet */ CREATE INDEX orders_total_idx ON orders (total);
SELECT warden.exempt('drop-index-not-concurrent', 'orders_total_idx', 'made for the demo');
DROP INDEX orders_total_idx;
SELECT id, rule, object, reason, used, state FROM warden.exemptions;
SELECT warden.set_mode('warn');

\echo
\echo '=== 6. Lint. A migration is judged before it reaches a server. Nothing runs.'
\echo
SELECT line, level, rule, message
FROM warden.lint($script$
CREATE TABLE complaints (id serial PRIMARY KEY, order_id bigint REFERENCES orders, reason text);
ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL;
ALTER TABLE order_items ADD CONSTRAINT order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders (id);
ALTER TABLE orders ALTER COLUMN total TYPE double precision;
$script$);
\echo 'Each comes with the way out:'
\echo
\pset tuples_only on
\pset format unaligned
SELECT hint FROM warden.lint('ALTER TABLE orders ALTER COLUMN customer_id SET NOT NULL') WHERE rule = 'set-not-null-scan';
\pset format aligned
\pset tuples_only off

\echo
\echo '=== 7. Audit. What the schema owes already, worst first.'
\echo
SELECT * FROM warden.todo;

\echo
\echo '=== 8. Partitions. Next month for the events; asked again, it is there already.'
\echo
SELECT warden.create_monthly_partition('events', (date_trunc('month', now()) + interval '1 month')::date);
SELECT warden.create_monthly_partition('events', (date_trunc('month', now()) + interval '1 month')::date);
\d events

\echo
\echo '=== 9. What it is doing, and where to read on.'
\echo
\pset format wrapped
SELECT * FROM warden.status;
\pset tuples_only on
\pset format unaligned
SELECT warden.help();
