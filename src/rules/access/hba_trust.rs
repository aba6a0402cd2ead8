use crate::rules::access::HBA_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/hba-trust.md")]
    "hba-trust", "WD500", Access, Error, since "0.1.0",
    "clients come in without a password",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.auth_method = 'trust' AND s.is_reached AND NOT s.is_certified AND NOT s.is_private_socket AND s.nth = 1",
    message: "CASE s.others WHEN 0 THEN pg_catalog.format('%s lets clients in without a password', s.place)
        ELSE pg_catalog.format('%s and %s more let clients in without a password', s.place, s.others) END",
    detail: "CASE WHEN s.has_certificate THEN 'Whoever has a certificate of the right authority, in whatever name, is whichever of these roles it claims to be.'
        WHEN s.is_remote THEN 'Whoever reaches the server''s port is whichever of these roles it claims to be.'
        ELSE 'Whoever has an account on the machine is whichever of these roles it claims to be.' END",
    hint: "CASE WHEN s.has_certificate THEN 'Write cert instead of trust, so that the certificate names the role, and reload: SELECT pg_reload_conf();'
        WHEN s.type <> 'local' THEN 'Write scram-sha-256 instead of trust, and reload: SELECT pg_reload_conf();'
        ELSE 'Write peer, which asks the system for the account, or scram-sha-256 instead of trust, and reload: SELECT pg_reload_conf();' END",
    level: "CASE WHEN NOT s.is_remote OR s.has_certificate THEN 'warning' END",
    blind: HBA_BLIND,
    ..Audit::of(Source::Hba)
};
