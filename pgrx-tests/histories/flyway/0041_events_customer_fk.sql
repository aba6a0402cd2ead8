BEGIN;
ALTER TABLE shop.events ADD CONSTRAINT events_customer_fk FOREIGN KEY (customer_id) REFERENCES shop.customers;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (41, '41', 'events_customer_fk', 'SQL', 'V41__events_customer_fk.sql', 1041, current_user, 12, TRUE);
COMMIT;
