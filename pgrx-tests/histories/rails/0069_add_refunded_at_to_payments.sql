BEGIN;
SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
ALTER TABLE "payments" ADD "refunded_at" timestamptz;
COMMENT ON COLUMN "payments"."refunded_at" IS 'Set by the webhook';
INSERT INTO "schema_migrations" ("version") VALUES ('20250203091509') RETURNING "version";
COMMIT;
