--
-- Raw SQL operation
--
SET lock_timeout = '3s';
ALTER TABLE "library_book" ADD COLUMN "search" tsvector NULL;
CREATE FUNCTION library_book_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.search := to_tsvector('english', coalesce(NEW.title, ''));
  RETURN NEW;
END $$;
CREATE TRIGGER library_book_search BEFORE INSERT OR UPDATE OF title ON library_book FOR EACH ROW EXECUTE FUNCTION library_book_search();
RESET lock_timeout;
CREATE INDEX CONCURRENTLY "book_search_gin" ON "library_book" USING gin ("search");
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0051_book_search', now()) RETURNING "django_migrations"."id";
