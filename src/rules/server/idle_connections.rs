use crate::rules::server::SESSIONS_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/idle-connections.md")]
    "idle-connections", "WD434", Server, Info, since "0.1.0",
    "many connections, most of which do nothing",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.average_sessions >= 100 AND s.busy_percent < 20",
    message: "pg_catalog.format('of %s connections on average, %s %% of the time is spent in transactions', pg_catalog.round(s.average_sessions::pg_catalog.numeric),
        pg_catalog.round(s.busy_percent::pg_catalog.numeric, 1))",
    detail: "pg_catalog.format('Since %s. Each has a process with what it knows of the catalogs, some megabytes, and a place among max_connections = %s.',
        pg_catalog.to_char(s.since, 'YYYY-MM-DD HH24:MI'), s.max_connections)",
    hint: "'Smaller pools in the applications, or PgBouncer with pool_mode = transaction, in which clients that do nothing share connections.'",
    blind: SESSIONS_BLIND,
    ..Audit::of(Source::Workload)
};
