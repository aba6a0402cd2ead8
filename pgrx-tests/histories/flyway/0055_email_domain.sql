BEGIN;
ALTER DOMAIN shop.email ADD CONSTRAINT email_not_long CHECK (length(VALUE::text) < 255) NOT VALID;
ALTER DOMAIN shop.email VALIDATE CONSTRAINT email_not_long;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (55, '55', 'email_domain', 'SQL', 'V55__email_domain.sql', 1055, current_user, 12, TRUE);
COMMIT;
