ALTER TYPE shop.order_state ADD VALUE IF NOT EXISTS 'cancelled' AFTER 'new';
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (28, '28', 'order_state_cancelled', 'SQL', 'V28__order_state_cancelled.sql', 1028, current_user, 12, TRUE);
