BEGIN;
CREATE TABLE "settings" ("id" bigserial primary key, "var" character varying NOT NULL, "value" text, "created_at" timestamp(6) NOT NULL, "updated_at" timestamp(6) NOT NULL);
CREATE UNIQUE INDEX "index_settings_on_var" ON "settings" ("var");
INSERT INTO "settings" ("var", "value", "created_at", "updated_at") VALUES ('currency', 'GBP', '2023-11-02 08:00:00', '2023-11-02 08:00:00') RETURNING "id";
INSERT INTO "schema_migrations" ("version") VALUES ('20231103091530') RETURNING "version";
COMMIT;
