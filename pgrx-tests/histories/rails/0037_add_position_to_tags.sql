BEGIN;
ALTER TABLE "tags" ADD "position" integer DEFAULT 0 NOT NULL;
CREATE INDEX "index_tags_on_position" ON "tags" ("position");
INSERT INTO "schema_migrations" ("version") VALUES ('20240212091537') RETURNING "version";
COMMIT;
