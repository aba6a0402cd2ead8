BEGIN;
CREATE TABLE shop.events (
    event_id    uuid NOT NULL DEFAULT gen_random_uuid(),
    happened_at timestamptz NOT NULL,
    customer_id bigint,
    kind        text NOT NULL,
    payload     jsonb,
    CONSTRAINT events_pk PRIMARY KEY (event_id, happened_at)
) PARTITION BY RANGE (happened_at);
CREATE INDEX events_customer_ix ON shop.events (customer_id, happened_at);
CREATE TABLE shop.events_2024_01 PARTITION OF shop.events FOR VALUES FROM ('2024-01-01 00:00+00') TO ('2024-02-01 00:00+00');
CREATE TABLE shop.events_2024_02 PARTITION OF shop.events FOR VALUES FROM ('2024-02-01 00:00+00') TO ('2024-03-01 00:00+00');
CREATE TABLE shop.events_default PARTITION OF shop.events DEFAULT;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (10, '10', 'events', 'SQL', 'V10__events.sql', 1010, current_user, 12, TRUE);
COMMIT;
