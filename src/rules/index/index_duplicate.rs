use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-duplicate.md")]
    "index-duplicate", "WD015", Index, Warning, since "0.1.0",
    "index is the same as another",
    [Audit(AUDIT)]
}

const AUDIT: Audit = Audit {
    source: Source::IndexPairs,
    when: "s.is_duplicate",
    message: "format('index %I on %I is the same as %I', s.index_name, s.table_name, s.other_name)",
    detail: "format('Both are kept up by every write; dropping this one frees %s.', pg_size_pretty(s.index_bytes))",
    hint: "NULL",
    fix: "s.drop_index",
    level: "NULL",
};
