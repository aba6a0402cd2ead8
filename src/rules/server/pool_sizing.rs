use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/pool-sizing.md")]
    "pool-sizing", "WD437", Server, Info, since "0.1.0",
    "connections are about to run out",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.used * 5 >= s.slots * 4",
    message: "pg_catalog.format('%s of %s connections are taken', s.used, s.slots)",
    detail: "pg_catalog.format('%s, of which %s idle. When all are taken, nobody but superusers gets in.', s.holders,
        CASE s.idle WHEN 0 THEN 'none is' WHEN 1 THEN 'one is' ELSE s.idle || ' are' END)",
    hint: "'The pools of all applications together must be smaller than that: a few connections for each core are enough to keep the server busy.'",
    blind: "CASE WHEN NOT pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE')
        THEN 'Only a superuser, and members of pg_read_all_stats, may see what other sessions do.' END",
    ..Audit::of(Source::Workload)
};
