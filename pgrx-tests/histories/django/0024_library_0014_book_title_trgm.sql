--
-- Concurrently create index book_title_trgm on field(s) OpClass(F(title), name=gin_trgm_ops) of model book
--
CREATE INDEX CONCURRENTLY "book_title_trgm" ON "library_book" USING gin ("title" gin_trgm_ops);
INSERT INTO "django_migrations" ("app", "name", "applied") VALUES ('library', '0014_book_title_trgm', now()) RETURNING "django_migrations"."id";
