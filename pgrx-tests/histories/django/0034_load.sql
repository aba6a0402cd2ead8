INSERT INTO library_branch (name, address) SELECT 'Branch ' || n, '' FROM generate_series(1, 12) n;
INSERT INTO library_fine (amount, paid, loan_id) SELECT 1.5, false, n FROM generate_series(1, 1500) n;
INSERT INTO library_reservation (id, made, "position", state, book_id, member_id) SELECT gen_random_uuid(), now(), 1, 'waiting', n, n FROM generate_series(1, 1800) n;
UPDATE library_loan SET branch_id = 1 + id % 12;
VACUUM ANALYZE;
