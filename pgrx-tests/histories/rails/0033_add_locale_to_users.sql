BEGIN;
ALTER TABLE "users" ADD "locale" character varying DEFAULT 'en' NOT NULL;
INSERT INTO "schema_migrations" ("version") VALUES ('20240103091533') RETURNING "version";
COMMIT;
