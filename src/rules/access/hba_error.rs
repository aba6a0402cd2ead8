use crate::rules::access::HBA_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/hba-error.md")]
    "hba-error", "WD504", Access, Error, since "0.1.0",
    "pg_hba.conf cannot be loaded",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // A line that the server reads but cannot match, hostssl without TLS, is no reason not to load the file.
    when: "s.error IS NOT NULL AND s.type IS NULL",
    message: "pg_catalog.format('%s is wrong', s.place)",
    detail: "pg_catalog.format('The server says: %s. It goes on with what it loaded before; at its next start it does not come up.', s.error)",
    hint: "'Mend the line, and reload: SELECT pg_reload_conf();'",
    blind: HBA_BLIND,
    ..Audit::of(Source::Hba)
};
