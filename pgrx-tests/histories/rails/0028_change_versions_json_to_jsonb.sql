BEGIN;
ALTER TABLE "versions" ALTER COLUMN "object" TYPE jsonb USING object::jsonb;
ALTER TABLE "versions" ALTER COLUMN "object_changes" TYPE jsonb USING object_changes::jsonb;
INSERT INTO "schema_migrations" ("version") VALUES ('20231012091528') RETURNING "version";
COMMIT;
