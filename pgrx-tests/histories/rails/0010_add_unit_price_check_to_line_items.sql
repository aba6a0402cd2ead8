BEGIN;
ALTER TABLE "line_items" ADD CONSTRAINT "chk_rails_8a3b0c1d2e" CHECK (unit_price >= 0);
INSERT INTO "schema_migrations" ("version") VALUES ('20230412091510') RETURNING "version";
COMMIT;
