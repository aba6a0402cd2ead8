BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.customers REPLICA IDENTITY USING INDEX customers_email_uq;
ALTER TABLE shop.urgent_notes REPLICA IDENTITY FULL;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (77, '77', 'replica_identity', 'SQL', 'V77__replica_identity.sql', 1077, current_user, 12, TRUE);
COMMIT;
