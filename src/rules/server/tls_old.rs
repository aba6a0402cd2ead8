use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/tls-old.md")]
    "tls-old", "WD421", Server, Warning, since "0.1.0",
    "clients may use a version of TLS that was given up",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.has_ssl AND s.is_reachable AND s.oldest_tls IN ('TLSv1', 'TLSv1.1')",
    message: "pg_catalog.format('clients may use %s', s.oldest_tls)",
    detail: "'TLS 1.0 and 1.1 were given up in 2021: what goes over the network may be read and changed by who is in between, as far as the OpenSSL of this server still knows them.'",
    hint: "'Who uses what now: SELECT version, count(*) FROM pg_stat_ssl WHERE ssl GROUP BY version;'",
    fix: "'ALTER SYSTEM SET ssl_min_protocol_version = ''TLSv1.2''; SELECT pg_reload_conf();'",
    blind: "CASE WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_settings AS g WHERE g.name = 'ssl_min_protocol_version')
        THEN 'Only a superuser, and members of pg_read_all_settings, may see ssl_min_protocol_version.' END",
    ..Audit::of(Source::Server)
};
