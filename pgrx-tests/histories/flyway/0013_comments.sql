BEGIN;
COMMENT ON COLUMN shop.orders.total IS 'Gross, in the shop''s currency';
COMMENT ON INDEX shop.orders_customer_ix IS 'For the account page';
COMMENT ON CONSTRAINT orders_customer_fk ON shop.orders IS 'Customers are never deleted, only blanked';
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (13, '13', 'comments', 'SQL', 'V13__comments.sql', 1013, current_user, 12, TRUE);
COMMIT;
