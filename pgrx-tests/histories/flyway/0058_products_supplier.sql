BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE shop.products ADD COLUMN supplier_id bigint CONSTRAINT products_supplier_fk REFERENCES shop.suppliers;
CREATE INDEX products_supplier_ix ON shop.products (supplier_id);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (58, '58', 'products_supplier', 'SQL', 'V58__products_supplier.sql', 1058, current_user, 12, TRUE);
COMMIT;
