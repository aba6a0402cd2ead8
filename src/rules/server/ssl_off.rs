use crate::rules::access::HBA_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/ssl-off.md")]
    "ssl-off", "WD422", Server, Warning, since "0.1.0",
    "clients come from elsewhere without encryption",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // A line that lets others in, and that no line before it makes useless. Clients that come in by Kerberos encrypt by it where they may.
    when: "NOT s.has_ssl AND s.is_reachable AND EXISTS (
        SELECT FROM pg_catalog.pg_hba_file_rules AS h
        WHERE h.error IS NULL AND h.type IN ('host', 'hostnossl', 'hostnogssenc') AND h.auth_method <> 'reject'
          AND (h.auth_method <> 'gss' OR h.type = 'hostnogssenc')
          AND h.address NOT IN ('localhost', '::1', 'samehost') AND h.address !~ '^127[.]'
          AND NOT EXISTS (
              SELECT FROM pg_catalog.pg_hba_file_rules AS r
              WHERE r.auth_method = 'reject' AND r.type IN ('host', 'hostnossl')
                AND 'all' = ANY (r.database) AND 'all' = ANY (r.user_name)
                AND (r.address = 'all' OR r.netmask = '0.0.0.0' AND h.address ~ '^[0-9.]+$' OR r.netmask = '::' AND h.address ~ ':')
                -- From 16 on, lines of several files are numbered as one.
                AND coalesce((pg_catalog.to_jsonb(r) ->> 'rule_number')::pg_catalog.int4, r.line_number)
                    < coalesce((pg_catalog.to_jsonb(h) ->> 'rule_number')::pg_catalog.int4, h.line_number)))",
    message: "'ssl is off, and clients may come from elsewhere'",
    detail: "pg_catalog.format('The server listens on %s, and pg_hba.conf lets other machines in: what they send and get can be read and changed on the way.', pg_catalog.current_setting('listen_addresses'))",
    hint: "'Put a certificate into ssl_cert_file and its key into ssl_key_file, then: ALTER SYSTEM SET ssl = on; SELECT pg_reload_conf(); When clients use it, write hostssl instead of host in pg_hba.conf.'",
    blind: HBA_BLIND,
    ..Audit::of(Source::Server)
};
