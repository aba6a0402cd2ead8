use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/work-mem-risk.md")]
    "work-mem-risk", "WD436", Server, Info, since "0.1.0",
    "work_mem is more than there is memory for",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.demand_of_100 > s.demand_as_built AND (s.memory IS NULL OR s.shared_buffers + s.demand_of_100 > s.memory)",
    message: "pg_catalog.format('%s connections with a work_mem of %s can take more memory than the machine has',
        least(s.max_connections, 100), pg_catalog.pg_size_pretty(s.work_mem))",
    detail: "CASE WHEN s.memory IS NULL THEN 'How much memory the machine has is not shown by SQL: effective_cache_size would say it, and nobody has set it.'
        ELSE pg_catalog.format('One hash each takes %s, by hash_mem_multiplier = %s, and shared_buffers %s; by effective_cache_size = %s the machine has %s at most. A query may take it more than once.',
            pg_catalog.pg_size_pretty(s.demand_of_100::pg_catalog.int8), s.hash_mem_multiplier, pg_catalog.pg_size_pretty(s.shared_buffers),
            pg_catalog.pg_size_pretty(s.effective_cache_size), pg_catalog.pg_size_pretty(s.memory)) END",
    hint: "'Less for all, and more for those who need it: ALTER ROLE ... SET work_mem, or SET LOCAL work_mem before a report.'",
    level: "CASE WHEN s.memory IS NULL THEN 'not checked' END",
    ..Audit::of(Source::Workload)
};
