use crate::rules::access::HBA_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/hba-password-plain.md")]
    "hba-password-plain", "WD501", Access, Error, since "0.1.0",
    "passwords cross the network as they are",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.auth_method = 'password'",
    message: "pg_catalog.format('line %s of pg_hba.conf has passwords sent as they are', s.line_number)",
    detail: "'Whoever reads the connection on its way, or takes the server''s place, has the password.'",
    hint: "'Write scram-sha-256 instead of password, and reload: SELECT pg_reload_conf();'",
    level: "CASE WHEN NOT s.is_remote OR s.type = 'hostssl' THEN 'warning' END",
    blind: HBA_BLIND,
    ..Audit::of(Source::Hba)
};
