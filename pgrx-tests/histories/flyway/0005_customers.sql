BEGIN;
CREATE TABLE shop.customers (
    customer_id bigint GENERATED ALWAYS AS IDENTITY,
    email       shop.email NOT NULL,
    full_name   text NOT NULL CHECK (full_name <> ''),
    country     char(2),
    home        shop.postal_address,
    created_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT customers_pk PRIMARY KEY (customer_id),
    CONSTRAINT customers_email_uq UNIQUE (email)
);
COMMENT ON TABLE shop.customers IS 'One row per person who has ever ordered';
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (5, '5', 'customers', 'SQL', 'V5__customers.sql', 1005, current_user, 12, TRUE);
COMMIT;
