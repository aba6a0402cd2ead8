use crate::rules::access::HBA_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/hba-any-address.md")]
    "hba-any-address", "WD503", Access, Warning, since "0.1.0",
    "any address may try any role",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_reached AND s.is_any_address AND 'all' = ANY (s.databases) AND 'all' = ANY (s.users)
        AND NOT s.is_certified AND NOT s.has_certificate
        AND s.auth_method IN ('password', 'md5', 'scram-sha-256', 'ldap', 'pam', 'bsd', 'radius')",
    message: "pg_catalog.format('%s lets any address try every role of every database', s.place)",
    detail: "'The superuser''s password can be guessed at from wherever the port can be reached.'",
    hint: "'Name the networks that clients come from, and the roles and databases that they need; then SELECT pg_reload_conf();'",
    blind: HBA_BLIND,
    ..Audit::of(Source::Hba)
};
