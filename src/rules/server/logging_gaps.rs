use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/logging-gaps.md")]
    "logging-gaps", "WD409", Server, Info, since "0.1.0",
    "the log leaves out what one looks for later",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.name = 'log_lock_waits' AND EXISTS (
        SELECT FROM pg_catalog.pg_settings AS g
        WHERE (g.name, g.reset_val) IN (('log_lock_waits', 'off'), ('log_checkpoints', 'off'), ('log_autovacuum_min_duration', '-1')))",
    message: "(SELECT pg_catalog.string_agg(g.name || ' = ' || g.reset_val, ', ' ORDER BY g.name) || ': the server log leaves that out'
      FROM pg_catalog.pg_settings AS g
      WHERE (g.name, g.reset_val) IN (('log_lock_waits', 'off'), ('log_checkpoints', 'off'), ('log_autovacuum_min_duration', '-1')))",
    detail: "'When everything stood still last night, the log does not say who waited for whom, and whether a checkpoint or VACUUM was at work.'",
    hint: "'A line each time is little: log_lock_waits = on, log_checkpoints = on, log_autovacuum_min_duration = 10min; then SELECT pg_reload_conf();'",
    ..Audit::of(Source::Settings)
};
