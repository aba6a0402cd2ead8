SET statement_timeout TO '3600s';
SET lock_timeout TO '10s';
DROP INDEX CONCURRENTLY "index_orders_on_placed_at";
INSERT INTO "schema_migrations" ("version") VALUES ('20240321091541') RETURNING "version";
