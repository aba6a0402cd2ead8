CREATE TABLE "schema_migrations" ("version" character varying NOT NULL PRIMARY KEY);
CREATE TABLE "ar_internal_metadata" ("key" character varying NOT NULL PRIMARY KEY, "value" character varying, "created_at" timestamp(6) without time zone NOT NULL, "updated_at" timestamp(6) without time zone NOT NULL);
BEGIN;
INSERT INTO "ar_internal_metadata" ("key", "value", "created_at", "updated_at") VALUES ('environment', 'production', '2023-01-09 09:12:44.120391', '2023-01-09 09:12:44.120394') RETURNING "key";
COMMIT;
INSERT INTO "schema_migrations" ("version") VALUES ('20230112091501') RETURNING "version";
