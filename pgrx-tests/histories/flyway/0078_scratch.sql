BEGIN;
CREATE SCHEMA scratch;
CREATE TABLE scratch.suspects AS SELECT order_id, total FROM shop.orders WHERE total > 5000;
CREATE VIEW scratch.worst AS SELECT * FROM scratch.suspects ORDER BY total DESC LIMIT 10;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (78, '78', 'scratch', 'SQL', 'V78__scratch.sql', 1078, current_user, 12, TRUE);
COMMIT;
