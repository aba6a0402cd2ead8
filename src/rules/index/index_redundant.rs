use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-redundant.md")]
    "index-redundant", "WD016", Index, Info, since "0.1.0",
    "index is the beginning of another",
    [Audit(AUDIT)]
}

const AUDIT: Audit = Audit {
    source: Source::IndexPairs,
    when: "s.is_prefix",
    message: "format('index %I on %I is the beginning of %I', s.index_name, s.table_name, s.other_name)",
    detail: "format('%I answers the same queries; dropping this one frees %s and makes writes cheaper.', s.other_name, pg_size_pretty(s.index_bytes))",
    hint: "'Watch the queries that use it after dropping: the other index is larger.'",
    fix: "s.drop_index",
    level: "NULL",
};
