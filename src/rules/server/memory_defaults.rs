use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/memory-defaults.md")]
    "memory-defaults", "WD410", Server, Info, since "0.1.0",
    "shared_buffers is as initdb set it",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.name = 'shared_buffers' AND s.value::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8 <= 134217728
    AND (SELECT pg_catalog.sum(c.relpages::pg_catalog.int8) FROM pg_catalog.pg_class AS c)
        * pg_catalog.current_setting('block_size')::pg_catalog.int8 > 1073741824",
    message: "pg_catalog.format('shared_buffers is %s', pg_catalog.pg_size_pretty(s.value::pg_catalog.int8 * pg_catalog.current_setting('block_size')::pg_catalog.int8))",
    detail: "pg_catalog.format('This database alone holds %s. initdb sets 128 MB so that the server starts on any machine.', pg_catalog.pg_size_pretty(
        (SELECT pg_catalog.sum(c.relpages::pg_catalog.int8) FROM pg_catalog.pg_class AS c) * pg_catalog.current_setting('block_size')::pg_catalog.int8))",
    hint: "'A quarter of the machine''s memory is where to begin, and effective_cache_size at three quarters. It takes a restart.'",
    ..Audit::of(Source::Settings)
};
