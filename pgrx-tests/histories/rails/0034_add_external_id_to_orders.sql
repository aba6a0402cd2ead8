BEGIN;
ALTER TABLE "orders" ADD "external_id" uuid DEFAULT gen_random_uuid() NOT NULL;
CREATE UNIQUE INDEX "index_orders_on_external_id" ON "orders" ("external_id");
INSERT INTO "schema_migrations" ("version") VALUES ('20240112091534') RETURNING "version";
COMMIT;
