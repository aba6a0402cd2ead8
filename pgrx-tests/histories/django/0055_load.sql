INSERT INTO library_event (title, during, labels, branch_id) SELECT 'Reading ' || n, tstzrange('2024-01-01'::timestamptz + n * interval '1 hour', '2024-01-01'::timestamptz + n * interval '1 hour' + interval '30 minutes'), '{}', 1 + n % 12 FROM generate_series(1, 1600) n;
VACUUM ANALYZE;
