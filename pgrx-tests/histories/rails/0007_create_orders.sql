BEGIN;
CREATE TABLE "orders" ("id" bigserial primary key, "user_id" bigint NOT NULL, "number" character varying NOT NULL, "status" integer DEFAULT 0 NOT NULL, "total" decimal(10,2) DEFAULT 0.0 NOT NULL, "notes" text, "placed_at" timestamp(6), "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL, CONSTRAINT "fk_rails_f868b47f6a"
FOREIGN KEY ("user_id")
  REFERENCES "users" ("id")
);
CREATE INDEX "index_orders_on_user_id" ON "orders" ("user_id");
CREATE UNIQUE INDEX "index_orders_on_number" ON "orders" ("number");
INSERT INTO "schema_migrations" ("version") VALUES ('20230312091507') RETURNING "version";
COMMIT;
