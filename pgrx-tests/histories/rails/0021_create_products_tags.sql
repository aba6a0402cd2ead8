BEGIN;
CREATE TABLE "tags" ("id" bigserial primary key, "name" character varying NOT NULL, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
CREATE UNIQUE INDEX "index_tags_on_name" ON "tags" ("name");
CREATE TABLE "products_tags" ("product_id" bigint NOT NULL, "tag_id" bigint NOT NULL);
CREATE UNIQUE INDEX "index_products_tags_on_product_id_and_tag_id" ON "products_tags" ("product_id", "tag_id");
CREATE INDEX "index_products_tags_on_tag_id" ON "products_tags" ("tag_id");
INSERT INTO "schema_migrations" ("version") VALUES ('20230803091521') RETURNING "version";
COMMIT;
