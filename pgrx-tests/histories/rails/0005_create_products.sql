BEGIN;
CREATE TABLE "products" ("id" bigserial primary key, "category_id" bigint NOT NULL, "name" character varying NOT NULL, "sku" character varying NOT NULL, "description" text, "price" decimal(10,2) DEFAULT 0.0 NOT NULL, "stock" integer DEFAULT 0 NOT NULL, "published" boolean DEFAULT FALSE NOT NULL, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL, CONSTRAINT "fk_rails_fb915499a4"
FOREIGN KEY ("category_id")
  REFERENCES "categories" ("id")
);
CREATE INDEX "index_products_on_category_id" ON "products" ("category_id");
CREATE UNIQUE INDEX "index_products_on_sku" ON "products" ("sku");
INSERT INTO "schema_migrations" ("version") VALUES ('20230221091505') RETURNING "version";
COMMIT;
