BEGIN;
CREATE TABLE "categories" ("id" bigserial primary key, "name" character varying NOT NULL, "slug" character varying NOT NULL, "parent_id" bigint, "position" integer DEFAULT 0 NOT NULL, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL, CONSTRAINT "fk_rails_82f48f7407"
FOREIGN KEY ("parent_id")
  REFERENCES "categories" ("id")
);
CREATE INDEX "index_categories_on_parent_id" ON "categories" ("parent_id");
CREATE UNIQUE INDEX "index_categories_on_slug" ON "categories" ("slug");
INSERT INTO "schema_migrations" ("version") VALUES ('20230212091504') RETURNING "version";
COMMIT;
