use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/pgss-missing.md")]
    "pgss-missing", "WD424", Server, Info, since "0.1.0",
    "nothing tells which statements take the time",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "NOT s.counts_statements",
    message: "'pg_stat_statements is not loaded'",
    detail: "'Nothing tells which statements take the time of the server, now or when it gets slow.'",
    hint: "'Add pg_stat_statements to shared_preload_libraries, restart, then CREATE EXTENSION pg_stat_statements.'",
    ..Audit::of(Source::Server)
};
