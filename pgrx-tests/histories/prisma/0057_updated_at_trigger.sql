-- Custom
CREATE OR REPLACE FUNCTION set_updated_at() RETURNS TRIGGER AS $$
BEGIN
  NEW."updatedAt" = now();
  RETURN NEW;
END;
$$ LANGUAGE plpgsql;

SET lock_timeout = '2s';
CREATE TRIGGER "User_updatedAt" BEFORE UPDATE ON "User" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
CREATE TRIGGER "Post_updatedAt" BEFORE UPDATE ON "Post" FOR EACH ROW EXECUTE FUNCTION set_updated_at();
