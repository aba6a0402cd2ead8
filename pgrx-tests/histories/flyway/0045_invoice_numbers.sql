BEGIN;
CREATE SEQUENCE shop.invoice_no AS bigint START WITH 100000 NO CYCLE;
CREATE TABLE shop.invoices (
    invoice_no bigint DEFAULT nextval('shop.invoice_no') PRIMARY KEY,
    order_id   bigint NOT NULL UNIQUE REFERENCES shop.orders,
    issued_on  date NOT NULL DEFAULT CURRENT_DATE
);
ALTER SEQUENCE shop.invoice_no OWNED BY shop.invoices.invoice_no;
GRANT USAGE ON SEQUENCE shop.invoice_no TO shop_app;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (45, '45', 'invoice_numbers', 'SQL', 'V45__invoice_numbers.sql', 1045, current_user, 12, TRUE);
COMMIT;
