use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-redundant.md")]
    "index-redundant", "WD016", Index, Info, since "0.1.0",
    "index is a prefix of another",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_prefix AND NOT s.is_small_and_used",
    message: r#"pg_catalog.format('index "%s" on "%s" is the beginning of "%s"', s.index_name, s.table_name, s.other_name)"#,
    detail: r#"pg_catalog.format('"%s" answers the same queries.', s.other_name) || coalesce(' Dropping this one frees ' || pg_catalog.pg_size_pretty(s.index_bytes) || ' and makes writes cheaper.', '')"#,
    hint: "'Watch the queries that use it after dropping: the other index is larger.'",
    fix: "s.drop_index",
    // 1 GB is worth more than a note.
    level: "CASE WHEN s.index_bytes >= 1073741824 THEN 'warning' END",
    ..Audit::of(Source::IndexPairs)
};
