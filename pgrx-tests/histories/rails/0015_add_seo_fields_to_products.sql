BEGIN;
ALTER TABLE "products" ADD "meta_title" character varying, ADD "meta_description" text;
INSERT INTO "schema_migrations" ("version") VALUES ('20230603091515') RETURNING "version";
COMMIT;
