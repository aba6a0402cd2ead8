BEGIN;
DO $$
DECLARE
    month date;
BEGIN
    FOR month IN SELECT generate_series('2024-06-01'::date, '2024-08-01', '1 month')::date LOOP
        EXECUTE format('CREATE TABLE IF NOT EXISTS shop.%I PARTITION OF shop.events FOR VALUES FROM (%L) TO (%L)',
                       'events_' || to_char(month, 'YYYY_MM'), month || ' 00:00+00', (month + interval '1 month')::date || ' 00:00+00');
    END LOOP;
END;
$$;
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (51, '51', 'events_next_quarter', 'SQL', 'V51__events_next_quarter.sql', 1051, current_user, 12, TRUE);
COMMIT;
