BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "audit_entries" RENAME COLUMN "whodunnit" TO "actor";
ALTER INDEX "index_audit_entries_on_whodunnit" RENAME TO "index_audit_entries_on_actor";
INSERT INTO "schema_migrations" ("version") VALUES ('20250412091516') RETURNING "version";
COMMIT;
