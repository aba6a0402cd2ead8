SET lock_timeout = '2s';
ALTER TABLE shop.events DETACH PARTITION shop.events_2024_01 CONCURRENTLY;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (38, '38', 'events_detach_january', 'SQL', 'V38__events_detach_january.sql', 1038, current_user, 12, TRUE);
