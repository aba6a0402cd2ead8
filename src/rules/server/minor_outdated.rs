use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/minor-outdated.md")]
    "minor-outdated", "WD439", Server, Warning, since "0.1.0",
    "the server runs a program that was replaced on disk",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_replaced OR s.is_replaced IS NULL",
    message: "'the server runs a program that has been replaced on disk'",
    detail: "CASE WHEN s.is_replaced THEN pg_catalog.format('PostgreSQL %s, in memory since %s. What was installed since, with what it mends, holds from the next start on.',
            pg_catalog.current_setting('server_version'), pg_catalog.to_char(pg_catalog.pg_postmaster_start_time(), 'YYYY-MM-DD HH24:MI'))
        ELSE 'This system does not tell which file a program runs from.' END",
    hint: "'Restart the server when it suits. New sessions load libraries of the new version into the old program until then.'",
    level: "CASE WHEN s.is_replaced IS NULL THEN 'not checked' END",
    ..Audit::of(Source::Server)
};
