BEGIN;
SET LOCAL lock_timeout = '5s';
ALTER TABLE payments ENABLE ROW LEVEL SECURITY;
CREATE POLICY payments_of_staff ON payments USING (current_setting('app.staff', true) = 'on');
INSERT INTO "schema_migrations" ("version") VALUES ('20241021091502') RETURNING "version";
COMMIT;
