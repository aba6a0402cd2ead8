BEGIN;
ALTER TABLE "products" ADD "published_at" timestamp(6);
INSERT INTO "schema_migrations" ("version") VALUES ('20230403091509') RETURNING "version";
COMMIT;
