use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-invalid.md")]
    "index-invalid", "WD014", Index, Error, since "0.1.0",
    "index is invalid: written, never read",
    [Audit(AUDIT)]
}

const AUDIT: Audit = Audit {
    source: Source::Indexes,
    when: "s.is_invalid",
    message: "format('index %I on %I is invalid', s.index_name, s.table_name)",
    detail: "format('A CREATE or REINDEX ... CONCURRENTLY failed. It is kept up by every write (%s) and used by no query.', pg_size_pretty(s.index_bytes))",
    hint: "'Drop it, or build it again with REINDEX INDEX CONCURRENTLY.'",
    fix: "s.drop_index",
    level: "NULL",
};
