BEGIN;
CREATE TABLE shop.stock_moves (
    warehouse_id integer NOT NULL REFERENCES shop.warehouses,
    product_id   bigint NOT NULL REFERENCES shop.products,
    moved_at     timestamptz NOT NULL DEFAULT now(),
    quantity     integer NOT NULL,
    PRIMARY KEY (product_id, warehouse_id, moved_at)
) PARTITION BY HASH (product_id);
CREATE TABLE shop.stock_moves_0 PARTITION OF shop.stock_moves FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shop.stock_moves_1 PARTITION OF shop.stock_moves FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE INDEX stock_moves_warehouse_ix ON shop.stock_moves (warehouse_id);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (43, '43', 'stock_moves', 'SQL', 'V43__stock_moves.sql', 1043, current_user, 12, TRUE);
COMMIT;
