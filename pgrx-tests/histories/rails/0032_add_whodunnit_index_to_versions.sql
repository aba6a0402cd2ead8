CREATE INDEX CONCURRENTLY IF NOT EXISTS "index_versions_on_whodunnit" ON "versions" ("whodunnit");
INSERT INTO "schema_migrations" ("version") VALUES ('20231121091532') RETURNING "version";
