BEGIN;
DROP TABLE "settings";
INSERT INTO "schema_migrations" ("version") VALUES ('20240203091536') RETURNING "version";
COMMIT;
