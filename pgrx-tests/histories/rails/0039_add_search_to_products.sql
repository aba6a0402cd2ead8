BEGIN;
ALTER TABLE "products" ADD "search" tsvector GENERATED ALWAYS AS (to_tsvector('english', coalesce(name, '') || ' ' || coalesce(description, ''))) STORED;
CREATE INDEX "index_products_on_search" ON "products" USING gin ("search");
INSERT INTO "schema_migrations" ("version") VALUES ('20240303091539') RETURNING "version";
COMMIT;
