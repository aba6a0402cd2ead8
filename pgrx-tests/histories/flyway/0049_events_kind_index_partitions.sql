CREATE INDEX CONCURRENTLY events_2024_02_kind_ix ON shop.events_2024_02 (kind);
CREATE INDEX CONCURRENTLY events_2024_03_kind_ix ON shop.events_2024_03 (kind);
CREATE INDEX CONCURRENTLY events_2024_04_kind_ix ON shop.events_2024_04 (kind);
CREATE INDEX CONCURRENTLY events_2024_05_kind_ix ON shop.events_2024_05 (kind);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (49, '49', 'events_kind_index_partitions', 'SQL', 'V49__events_kind_index_partitions.sql', 1049, current_user, 12, TRUE);
