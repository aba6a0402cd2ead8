BEGIN;
CREATE TABLE shop.countries (
    country char(2) CONSTRAINT countries_pk PRIMARY KEY,
    name    text NOT NULL UNIQUE
);
INSERT INTO shop.countries VALUES ('GB', 'United Kingdom'), ('DE', 'Germany'), ('FR', 'France');
GRANT SELECT ON shop.countries TO PUBLIC;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (11, '11', 'countries', 'SQL', 'V11__countries.sql', 1011, current_user, 12, TRUE);
COMMIT;
