DROP INDEX CONCURRENTLY shop.orders_remark_ix;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (52, '52', 'drop_remark_index', 'SQL', 'V52__drop_remark_index.sql', 1052, current_user, 12, TRUE);
