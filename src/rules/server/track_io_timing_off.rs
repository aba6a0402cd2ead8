use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/track-io-timing-off.md")]
    "track-io-timing-off", "WD405", Server, Info, since "0.1.0",
    "times of reads and writes are not measured",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.name = 'track_io_timing' AND s.value = 'off'",
    message: "'track_io_timing is off'",
    detail: "'EXPLAIN (ANALYZE, BUFFERS) and pg_stat_statements cannot tell time spent on the disk from time spent on the work.'",
    hint: "'pg_test_timing tells what a look at the clock costs on this machine: below 100 ns it is nothing to think about.'",
    fix: "'ALTER SYSTEM SET track_io_timing = on; SELECT pg_reload_conf();'",
    ..Audit::of(Source::Settings)
};
