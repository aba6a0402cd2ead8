use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-collation-outdated.md")]
    "index-collation-outdated", "WD206", Index, Error, since "0.1.0",
    "collation of an index has another version than is recorded",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "true",
    message: r#"pg_catalog.format('index "%s" on "%s" sorts by %s, whose version has changed', s.index_name, s.table_name, s.collation_names)"#,
    detail: "pg_catalog.format('%s. Values may sort otherwise than when the index was built: then it misses rows, and a unique one lets duplicates in.', s.versions)",
    hint: "'If it was rebuilt since, only the record is old. When all indexes that sort by it are rebuilt: ' || s.refresh",
    fix: "s.rebuild_index",
    ..Audit::of(Source::IndexCollations)
};
