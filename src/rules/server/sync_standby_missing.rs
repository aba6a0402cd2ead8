use crate::rules::server::ACTIVITY_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/sync-standby-missing.md")]
    "sync-standby-missing", "WD426", Server, Warning, since "0.1.0",
    "commits wait for a standby that is not there",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "NOT s.is_standby AND s.synchronous_standbys < s.synchronous_standbys_needed",
    message: "'commits wait for a standby that is not there'",
    detail: "CASE WHEN s.has_own_synchronous_commit
        THEN 'This session, or its role, has a synchronous_commit of its own: whether the commits of others wait for standbys cannot be seen from here.'
        ELSE pg_catalog.format('synchronous_standby_names asks for %s, and there %s: COMMIT does not return until one comes.', s.synchronous_standbys_needed,
            CASE s.synchronous_standbys WHEN 0 THEN 'is none' WHEN 1 THEN 'is 1' ELSE 'are ' || s.synchronous_standbys END) END",
    hint: "'Bring the standby back, name one that is there, or do without: ALTER SYSTEM SET synchronous_standby_names = ''''; SELECT pg_reload_conf();'",
    level: "CASE WHEN s.has_own_synchronous_commit THEN 'not checked' END",
    blind: ACTIVITY_BLIND,
    ..Audit::of(Source::Server)
};
