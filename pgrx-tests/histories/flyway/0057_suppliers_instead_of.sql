BEGIN;
CREATE TABLE shop.suppliers (supplier_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, active boolean NOT NULL DEFAULT true);
CREATE VIEW shop.active_suppliers AS SELECT supplier_id, name FROM shop.suppliers WHERE active;
CREATE FUNCTION shop.remove_supplier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE shop.suppliers SET active = false WHERE supplier_id = OLD.supplier_id;
    RETURN OLD;
END;
$$;
CREATE TRIGGER active_suppliers_delete INSTEAD OF DELETE ON shop.active_suppliers FOR EACH ROW EXECUTE FUNCTION shop.remove_supplier();
CREATE RULE active_suppliers_no_update AS ON UPDATE TO shop.active_suppliers DO INSTEAD NOTHING;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (57, '57', 'suppliers_instead_of', 'SQL', 'V57__suppliers_instead_of.sql', 1057, current_user, 12, TRUE);
COMMIT;
