use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/autovacuum-off.md")]
    "autovacuum-off", "WD404", Server, Error, since "0.1.0",
    "autovacuum is off",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.name = 'autovacuum' AND s.value = 'off' OR s.name = 'track_counts' AND s.value = 'off'",
    message: "pg_catalog.format('%s is off: nothing is vacuumed or analyzed by itself', s.name)",
    detail: "'Tables grow with every UPDATE and DELETE, and plans are made from statistics that no longer hold.'",
    hint: "'Where it is too much for the disk, slow it down rather: autovacuum_vacuum_cost_delay.'",
    fix: "pg_catalog.format('ALTER SYSTEM SET %I = on; SELECT pg_reload_conf();', s.name)",
    ..Audit::of(Source::Settings)
};
