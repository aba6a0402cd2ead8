BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER INDEX shop.events_kind_ix ATTACH PARTITION shop.events_2024_02_kind_ix;
ALTER INDEX shop.events_kind_ix ATTACH PARTITION shop.events_2024_03_kind_ix;
ALTER INDEX shop.events_kind_ix ATTACH PARTITION shop.events_2024_04_kind_ix;
ALTER INDEX shop.events_kind_ix ATTACH PARTITION shop.events_2024_05_kind_ix;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (50, '50', 'events_kind_index_attached', 'SQL', 'V50__events_kind_index_attached.sql', 1050, current_user, 12, TRUE);
COMMIT;
