BEGIN;
CREATE INDEX "index_categories_on_parent_id_and_position" ON "categories" ("parent_id", "position");
INSERT INTO "schema_migrations" ("version") VALUES ('20230621091517') RETURNING "version";
COMMIT;
