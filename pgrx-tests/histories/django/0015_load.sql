INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) SELECT md5(n::text), false, 'u' || n, '', '', 'u' || n || '@example.org', false, true, now() FROM generate_series(1, 2000) n;
INSERT INTO library_author (name) SELECT 'Author ' || n FROM generate_series(1, 500) n;
INSERT INTO library_book (title, isbn, slug, pages, price, author_id, language) SELECT 'Book ' || n, lpad(n::text, 13, '0'), 'book-' || n, n % 900, 9.99, 1 + n % 500, 'en' FROM generate_series(1, 4000) n;
INSERT INTO library_member (card, joined, user_id) SELECT 'C' || n, now(), n FROM generate_series(1, 2000) n;
INSERT INTO library_loan (lent, due, book_id, member_id) SELECT now(), current_date, 1 + n % 4000, 1 + n % 2000 FROM generate_series(1, 6000) n;
INSERT INTO library_book_genres (book_id, genre_id) SELECT n, 1 + n % 4 FROM generate_series(1, 4000) n;
INSERT INTO django_session (session_key, session_data, expire_date) SELECT md5(n::text), '', now() FROM generate_series(1, 3000) n;
VACUUM ANALYZE;
