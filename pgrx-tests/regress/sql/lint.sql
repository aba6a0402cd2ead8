-- A script is judged and does not run; a syntax error is a finding with its line, and what stands before it is judged.
\set VERBOSITY terse
SET lock_timeout = '5s';
SELECT statement, line, level, rule, object
FROM warden.lint($script$
CREATE INDEX invoices_customer_id_idx ON elsewhere.invoices (customer_id);
ALTER TABLE elsewhere.invoices ADD COLUMN note text NOT NULL;
ALTER TABLE orders ADD COLUMN note text,;
$script$)
WHERE rule IN ('create-index-not-concurrent', 'add-column-required', 'syntax-error')
ORDER BY line;
SELECT count(*) FROM warden.lint('');
SELECT count(*) FROM warden.lint(NULL);
