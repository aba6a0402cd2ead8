use crate::rules::access::HBA_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/hba-error.md")]
    "hba-error", "WD504", Access, Error, since "0.1.0",
    "pg_hba.conf cannot be loaded",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.error IS NOT NULL",
    message: "pg_catalog.format('line %s of pg_hba.conf is wrong', s.line_number)",
    detail: "pg_catalog.format('The server says: %s. It goes on with what it loaded before; at its next start it does not come up.', s.error)",
    hint: "'Mend the line, and reload: SELECT pg_reload_conf();'",
    blind: HBA_BLIND,
    ..Audit::of(Source::Hba)
};
