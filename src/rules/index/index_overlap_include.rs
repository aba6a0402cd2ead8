use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-overlap-include.md")]
    "index-overlap-include", "WD212", Index, Info, since "0.1.0",
    "indexes differ only by INCLUDE",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "true",
    message: r#"pg_catalog.format('indexes %s on "%s" differ only by INCLUDE', s.index_names, s.table_name)"#,
    detail: "'They hold the same keys in the same order, each of them once for every row, and writes keep up all of them.' || coalesce(' Together they take ' || pg_catalog.pg_size_pretty(nullif(s.index_bytes, 0)) || '.', '')",
    hint: "pg_catalog.format('One index with INCLUDE (%s) can do the work of all. Build it, look whether it is much larger than each of these, and then: %s', s.included, s.drop_indexes)",
    ..Audit::of(Source::IndexIncludes)
};
