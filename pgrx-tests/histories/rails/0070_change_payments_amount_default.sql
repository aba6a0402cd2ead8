BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "payments" ALTER COLUMN "amount_cents" SET DEFAULT 0;
ALTER TABLE "payments" ALTER COLUMN "captured_at" SET DEFAULT CURRENT_TIMESTAMP;
INSERT INTO "schema_migrations" ("version") VALUES ('20250212091510') RETURNING "version";
COMMIT;
