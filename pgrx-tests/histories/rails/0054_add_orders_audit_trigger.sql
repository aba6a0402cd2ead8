BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
CREATE OR REPLACE FUNCTION touch_user_of_order() RETURNS trigger AS $$
BEGIN
  UPDATE users SET updated_at = now() WHERE id = NEW.user_id;
  RETURN NEW;
END;
$$ LANGUAGE plpgsql;
CREATE TRIGGER touch_user_of_order AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch_user_of_order();
INSERT INTO "schema_migrations" ("version") VALUES ('20240803091554') RETURNING "version";
COMMIT;
