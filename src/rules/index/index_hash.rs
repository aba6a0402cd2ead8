use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-hash.md")]
    "index-hash", "WD204", Index, Info, since "0.1.0",
    "hash index on a short column",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.method = 'hash' AND s.first_length BETWEEN 1 AND 8 AND s.is_of_table AND NOT s.is_held",
    message: r#"pg_catalog.format('hash index "%s" on "%s" is on a column of type %s', s.index_name, s.table_name, s.first_type)"#,
    detail: "'Values as short as these take no less room in it than in a btree. It answers = alone: no ranges, no sorting, no uniqueness, no index-only scan.'",
    hint: "'Build a btree on the column, concurrently, and drop this one.'",
    ..Audit::of(Source::IndexRoots)
};
