SET lock_timeout = 0;
ALTER TABLE shop.countries ADD COLUMN iso3 char(3);
UPDATE shop.countries SET iso3 = country || 'X';
CREATE UNIQUE INDEX CONCURRENTLY countries_iso3_uq ON shop.countries (iso3);
ALTER TABLE shop.countries ADD CONSTRAINT countries_iso3_uq UNIQUE USING INDEX countries_iso3_uq;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (35, '35', 'countries_iso3', 'SQL', 'V35__countries_iso3.sql', 1035, current_user, 12, TRUE);
