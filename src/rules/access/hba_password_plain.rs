use crate::rules::access::HBA_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/hba-password-plain.md")]
    "hba-password-plain", "WD501", Access, Error, since "0.1.0",
    "passwords cross the network as they are",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_reached AND NOT s.is_private_socket
        AND (s.auth_method = 'password'
             -- They ask another system, which needs the password itself: over TLS and on the machine there is no better way.
             OR (s.auth_method IN ('ldap', 'pam', 'bsd', 'radius') AND s.is_remote AND s.is_in_clear))",
    message: "pg_catalog.format('%s has passwords sent as they are', s.place)",
    detail: "CASE WHEN s.is_remote AND s.type <> 'hostnossl' AND s.is_in_clear
        THEN 'Unless the client insists on TLS, whoever reads the connection on its way has the password.'
        ELSE 'Whoever reads the connection on its way, or takes the server''s place, has the password.' END",
    hint: "CASE s.auth_method WHEN 'password' THEN 'Write scram-sha-256 instead of password, and reload: SELECT pg_reload_conf();'
        ELSE pg_catalog.format('Write hostssl at the beginning of the line, for %s needs the password itself, and reload: SELECT pg_reload_conf();', s.auth_method) END",
    level: "CASE WHEN NOT s.is_remote OR NOT s.is_in_clear THEN 'warning' END",
    blind: HBA_BLIND,
    ..Audit::of(Source::Hba)
};
