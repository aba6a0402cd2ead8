BEGIN;
ALTER TYPE shop.order_state RENAME VALUE 'done' TO 'closed';
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (56, '56', 'order_state_rename', 'SQL', 'V56__order_state_rename.sql', 1056, current_user, 12, TRUE);
COMMIT;
