BEGIN;
CREATE FUNCTION audit.forget(older interval) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    gone bigint;
BEGIN
    DELETE FROM audit.log WHERE logged_at < now() - older;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END;
$$;
COMMENT ON FUNCTION audit.forget(interval) IS 'Nightly, from cron';
INSERT INTO "public"."flyway_schema_history" ("installed_rank", "version", "description", "type", "script", "checksum", "installed_by", "execution_time", "success") VALUES (59, '59', 'audit_log_retention', 'SQL', 'V59__audit_log_retention.sql', 1059, current_user, 12, TRUE);
COMMIT;
