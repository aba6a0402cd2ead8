BEGIN;
CREATE INDEX orders_remark_ix ON shop.orders (remark);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (29, '29', 'orders_remark_index', 'SQL', 'V29__orders_remark_index.sql', 1029, current_user, 12, TRUE);
COMMIT;
