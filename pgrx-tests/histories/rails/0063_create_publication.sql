BEGIN;
CREATE PUBLICATION warehouse FOR TABLE orders, line_items, payments;
INSERT INTO "schema_migrations" ("version") VALUES ('20241103091503') RETURNING "version";
COMMIT;
