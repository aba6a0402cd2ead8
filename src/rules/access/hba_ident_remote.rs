use crate::rules::access::HBA_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/hba-ident-remote.md")]
    "hba-ident-remote", "WD502", Access, Warning, since "0.1.0",
    "clients say themselves who they are",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.auth_method = 'ident' AND s.is_remote AND s.is_reached AND NOT s.is_certified",
    message: "pg_catalog.format('%s believes the client''s machine who its user is', s.place)",
    detail: "'The name comes from a service on that machine: whoever rules it is any of these roles.'",
    hint: "'Write scram-sha-256 or cert instead of ident, and reload: SELECT pg_reload_conf();'",
    blind: HBA_BLIND,
    ..Audit::of(Source::Hba)
};
