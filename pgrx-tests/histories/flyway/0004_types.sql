BEGIN;
CREATE DOMAIN shop.email AS citext CONSTRAINT email_has_at CHECK (VALUE LIKE '%@%');
CREATE DOMAIN shop.amount AS numeric(12, 2) CONSTRAINT amount_not_negative CHECK (VALUE >= 0);
CREATE TYPE shop.order_state AS ENUM ('new', 'paid', 'shipped', 'done');
CREATE TYPE shop.postal_address AS (line1 text, line2 text, city text, postcode text);
COMMENT ON TYPE shop.order_state IS 'Only ever forward';
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (4, '4', 'types', 'SQL', 'V4__types.sql', 1004, current_user, 12, TRUE);
COMMIT;
