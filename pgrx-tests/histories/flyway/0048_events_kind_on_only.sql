BEGIN;
CREATE INDEX events_kind_ix ON ONLY shop.events (kind);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (48, '48', 'events_kind_on_only', 'SQL', 'V48__events_kind_on_only.sql', 1048, current_user, 12, TRUE);
COMMIT;
