SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
SELECT "payments"."id" FROM "payments" WHERE "payments"."currency" = 'XXX' ORDER BY "payments"."id" ASC LIMIT 1000;
UPDATE "payments" SET "currency" = 'GBP' WHERE "payments"."id" BETWEEN 1 AND 1000;
INSERT INTO "schema_migrations" ("version") VALUES ('20240812091555') RETURNING "version";
