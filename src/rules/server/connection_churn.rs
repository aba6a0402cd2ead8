use crate::rules::server::SESSIONS_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/connection-churn.md")]
    "connection-churn", "WD433", Server, Info, since "0.1.0",
    "sessions are short, and many",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.sessions_per_second >= 1 AND s.seconds_a_session < 10",
    message: "pg_catalog.format('%s sessions a second began, and lasted %s s each', pg_catalog.round(s.sessions_per_second::pg_catalog.numeric, 1),
        pg_catalog.round(s.seconds_a_session::pg_catalog.numeric, 1))",
    detail: "pg_catalog.format('%s of them since %s, on average. For each the server starts a process, asks for the password and reads the catalogs anew, and forgets all of it at the end.',
        s.sessions, pg_catalog.to_char(s.since, 'YYYY-MM-DD HH24:MI'))",
    hint: "'A pool, in the application or of PgBouncer, keeps connections open for the next who needs one.'",
    blind: SESSIONS_BLIND,
    ..Audit::of(Source::Workload)
};
