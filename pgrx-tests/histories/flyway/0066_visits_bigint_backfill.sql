UPDATE shop.visits SET visit_id_new = visit_id WHERE visit_id BETWEEN 1 AND 2000 AND visit_id_new IS NULL;
UPDATE shop.visits SET visit_id_new = visit_id WHERE visit_id BETWEEN 2001 AND 4000 AND visit_id_new IS NULL;
VACUUM (ANALYZE) shop.visits;
CREATE UNIQUE INDEX CONCURRENTLY visits_new_pk ON shop.visits (visit_id_new);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (66, '66', 'visits_bigint_backfill', 'SQL', 'V66__visits_bigint_backfill.sql', 1066, current_user, 12, TRUE);
