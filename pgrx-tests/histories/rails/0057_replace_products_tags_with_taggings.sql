BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
DROP TABLE "products_tags";
CREATE TABLE "taggings" ("id" bigserial primary key, "tag_id" bigint NOT NULL, "taggable_type" character varying NOT NULL, "taggable_id" bigint NOT NULL, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL, CONSTRAINT "fk_rails_9fcd2e236b"
FOREIGN KEY ("tag_id")
  REFERENCES "tags" ("id")
);
CREATE INDEX "index_taggings_on_tag_id" ON "taggings" ("tag_id");
CREATE INDEX "index_taggings_on_taggable" ON "taggings" ("taggable_type", "taggable_id");
INSERT INTO "schema_migrations" ("version") VALUES ('20240903091557') RETURNING "version";
COMMIT;
