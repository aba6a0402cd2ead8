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
