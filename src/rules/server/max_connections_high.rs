use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/max-connections-high.md")]
    "max-connections-high", "WD435", Server, Info, since "0.1.0",
    "more connections than there is memory for",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // Where work_mem alone is too much, that is another rule's.
    when: "s.max_connections > 100 AND s.demand > s.demand_as_built
        AND (s.memory IS NULL OR (s.shared_buffers + s.demand_of_100 <= s.memory AND s.shared_buffers + s.demand > s.memory))",
    message: "pg_catalog.format('%s connections can take more memory than the machine has', s.max_connections)",
    detail: "CASE WHEN s.memory IS NULL THEN 'How much memory the machine has is not shown by SQL: effective_cache_size would say it, and nobody has set it.'
        ELSE pg_catalog.format('With one hash each they take %s, by work_mem and hash_mem_multiplier, and shared_buffers %s; by effective_cache_size = %s the machine has %s at most.',
            pg_catalog.pg_size_pretty(s.demand::pg_catalog.int8), pg_catalog.pg_size_pretty(s.shared_buffers), pg_catalog.pg_size_pretty(s.effective_cache_size),
            pg_catalog.pg_size_pretty(s.memory)) END",
    hint: "'As many connections as are at work at one time, a few for each core, with a pool before them: PgBouncer, or the application''s.'",
    level: "CASE WHEN s.memory IS NULL THEN 'not checked' END",
    ..Audit::of(Source::Workload)
};
