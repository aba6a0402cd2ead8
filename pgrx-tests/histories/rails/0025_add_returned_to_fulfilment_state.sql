ALTER TYPE "fulfilment_state" ADD VALUE IF NOT EXISTS 'returned';
INSERT INTO "schema_migrations" ("version") VALUES ('20230912091525') RETURNING "version";
