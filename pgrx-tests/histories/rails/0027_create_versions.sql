BEGIN;
CREATE TABLE "versions" ("id" bigserial primary key, "item_type" character varying NOT NULL, "item_id" bigint NOT NULL, "event" character varying NOT NULL, "whodunnit" character varying, "object" json, "object_changes" json, "created_at" timestamp(6));
CREATE INDEX "index_versions_on_item_type_and_item_id" ON "versions" ("item_type", "item_id");
INSERT INTO "schema_migrations" ("version") VALUES ('20231003091527') RETURNING "version";
COMMIT;
