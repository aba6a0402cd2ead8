use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-duplicate.md")]
    "index-duplicate", "WD015", Index, Warning, since "0.1.0",
    "index is the same as another",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_duplicate",
    message: r#"pg_catalog.format('index "%s" on "%s" is the same as "%s"', s.index_name, s.table_name, s.other_name)"#,
    detail: "'Both are kept up by every write.' || coalesce(' Dropping this one frees ' || pg_catalog.pg_size_pretty(s.index_bytes) || '.', '')",
    fix: "s.drop_index",
    ..Audit::of(Source::IndexPairs)
};
