-- What is read often is a view, which psql completes. Their functions are reached through them alone: PUBLIC has no USAGE of
-- warden_internal, so that the privileges of the view decide.
CREATE VIEW warden.todo WITH (security_invoker = true) AS
    SELECT t.n, t.level, t.object, t.finding, t.rule FROM warden_internal.todo() AS t;
COMMENT ON VIEW warden.todo IS 'the audit as a list, worst first, at most 100 columns wide; in full: warden.audit()';

CREATE VIEW warden.rules WITH (security_invoker = true) AS
    SELECT r.rule, r.area, r.default_level, r.level, r.checks, r.since, r.summary FROM warden_internal.rules() AS r;
COMMENT ON VIEW warden.rules IS 'every rule, its level here and who runs it; its page: warden.help(rule)';
GRANT SELECT ON warden.rules TO PUBLIC;

CREATE VIEW warden.status WITH (security_invoker = true) AS
    SELECT s.item, s.value, s.detail FROM warden_internal.status() AS s;
COMMENT ON VIEW warden.status IS 'versions, mode and where it was set, event triggers, settings that are not in effect, what is not seen';

-- Who may read the journal and the exemptions is granted on these views, which read the tables as their owner.
CREATE VIEW warden.exemptions AS
    SELECT e.id, e.rule, e.object, e.reason, e.role_name, e.expires_at, e.created_at, e.created_by,
           u.used, u.last_used,
           CASE WHEN e.expires_at OPERATOR(pg_catalog.<=) pg_catalog.statement_timestamp() THEN 'expired'
                WHEN u.used OPERATOR(pg_catalog.=) 0 THEN 'unused'
                ELSE 'in use' END AS state
    FROM warden_internal.exemption AS e
    CROSS JOIN LATERAL (
        SELECT pg_catalog.count(*) AS used, pg_catalog.max(u.used_at) AS last_used
        FROM warden_internal.exemption_use AS u WHERE u.exemption OPERATOR(pg_catalog.=) e.id
    ) AS u;
COMMENT ON VIEW warden.exemptions IS 'exceptions by warden.exempt, with how often each was used in the last 90 days; expired and unused ones are marked';

CREATE VIEW warden.journal AS
    SELECT j.at, j.role, j.database, j.application, j.tag, j.object, j.rule, j.level, j.action, j.source, j.statement, j.reason,
           j.message, j.session_role, j.can_block,
           j.can_block AND warden_internal.would_block(j.rule, j.object, j.session_role) AS blocks_now, j.id
    FROM warden_internal.journal AS j;
COMMENT ON VIEW warden.journal IS 'decisions of the last 90 days, where warden.journal is "table"; else they are in the server log alone';

-- For everybody, but only what their own sessions did.
CREATE VIEW warden.recent WITH (security_barrier = true) AS
    SELECT j.at, j.application, j.tag, j.object, j.rule, j.level, j.action, j.message, j.statement, j.reason
    FROM warden_internal.journal AS j
    WHERE j.session_role OPERATOR(pg_catalog.=) SESSION_USER::pg_catalog.text
    ORDER BY j.at DESC, j.id DESC;
COMMENT ON VIEW warden.recent IS 'what pg_warden had to say about my own statements, newest first, where warden.journal is "table"';
GRANT SELECT ON warden.recent TO PUBLIC;

CREATE FUNCTION warden.preview_enforce(
    "window" pg_catalog.interval DEFAULT '30 days',
    OUT role pg_catalog.text, OUT application pg_catalog.text, OUT rule pg_catalog.text, OUT decisions pg_catalog.int8,
    OUT first_at pg_catalog.timestamptz, OUT last_at pg_catalog.timestamptz, OUT object pg_catalog.text,
    OUT statement pg_catalog.text)
    RETURNS SETOF pg_catalog.record LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF "window" IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'window must not be null',
            HINT = 'For all that is recorded: SELECT * FROM warden.preview_enforce(''90 days'');';
    END IF;
    IF EXISTS (SELECT FROM pg_publication_tables AS p
               WHERE p.schemaname OPERATOR(pg_catalog.=) 'warden_internal' AND p.tablename OPERATOR(pg_catalog.=) 'journal') THEN
        RAISE NOTICE 'decisions are not recorded in the table, because a publication has it'
            USING HINT = 'Which one: SELECT * FROM warden.status WHERE item = ''journal''; in the server log they are lines of JSON.';
    ELSIF current_setting('warden.journal') OPERATOR(pg_catalog.<>) 'table' THEN
        RAISE NOTICE 'decisions of this session are not recorded in the table'
            USING HINT = 'To have them there from now on: ALTER DATABASE ... SET warden.journal = ''table''; in the server log they are lines of JSON.';
    END IF;
    RETURN QUERY
        SELECT j.session_role, j.application, j.rule, count(*), min(j.at), max(j.at),
               (array_agg(j.object ORDER BY j.at DESC))[1], (array_agg(j.statement ORDER BY j.at DESC))[1]
        FROM warden.journal AS j
        WHERE j.at OPERATOR(pg_catalog.>) (now() OPERATOR(pg_catalog.-) "window")
          AND j.action OPERATOR(pg_catalog.=) ANY (ARRAY['warned', 'would-block', 'exempt'])
          AND j.blocks_now
        GROUP BY j.session_role, j.application, j.rule
        ORDER BY 4 DESC, 1, 2, 3;
END
$$;
COMMENT ON FUNCTION warden.preview_enforce(pg_catalog.interval) IS
    'which recorded decisions mode enforce would have blocked, with the levels and exemptions of today, by role, application and rule';
REVOKE EXECUTE ON FUNCTION warden.preview_enforce(pg_catalog.interval) FROM PUBLIC;
