REINDEX INDEX CONCURRENTLY shop.orders_placed_ix;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (60, '60', 'reindex', 'SQL', 'V60__reindex.sql', 1060, current_user, 12, TRUE);
