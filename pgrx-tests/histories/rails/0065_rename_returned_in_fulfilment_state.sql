ALTER TYPE "fulfilment_state" RENAME VALUE 'returned' TO 'sent_back';
INSERT INTO "schema_migrations" ("version") VALUES ('20241121091505') RETURNING "version";
