BEGIN;
CREATE TABLE shop.orders (
    order_id    bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT orders_pk PRIMARY KEY,
    customer_id bigint NOT NULL CONSTRAINT orders_customer_fk REFERENCES shop.customers,
    state       shop.order_state NOT NULL DEFAULT 'new',
    placed_at   timestamptz NOT NULL DEFAULT now(),
    total       shop.amount,
    remark      varchar(200)
);
CREATE INDEX orders_customer_ix ON shop.orders (customer_id);
CREATE TABLE shop.order_lines (
    order_id   bigint NOT NULL CONSTRAINT order_lines_order_fk REFERENCES shop.orders ON DELETE CASCADE,
    line_no    smallint NOT NULL,
    product_id bigint NOT NULL CONSTRAINT order_lines_product_fk REFERENCES shop.products,
    quantity   integer NOT NULL CHECK (quantity > 0),
    price      numeric(10, 2) NOT NULL,
    CONSTRAINT order_lines_pk PRIMARY KEY (order_id, line_no)
);
CREATE INDEX order_lines_product_ix ON shop.order_lines (product_id);
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (7, '7', 'orders', 'SQL', 'V7__orders.sql', 1007, current_user, 12, TRUE);
COMMIT;
