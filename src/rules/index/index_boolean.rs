use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-boolean.md")]
    "index-boolean", "WD203", Index, Info, since "0.1.0",
    "index on a boolean alone",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.first_is_boolean AND s.is_of_one_column AND s.method = 'btree' AND s.is_of_table
        AND NOT s.is_partial AND NOT s.is_held AND NOT s.is_of_pair",
    message: r#"pg_catalog.format('index "%s" on "%s" is on boolean "%s" alone', s.index_name, s.table_name, s.first_column)"#,
    detail: "'There are two values, and at least one of them is that of many rows, for which reading the table is cheaper. Every row is in the index all the same.'",
    hint: "pg_catalog.format('If queries look for the rarer value, keep only its rows in an index of what they look for besides: CREATE INDEX CONCURRENTLY ON %s (...) WHERE %I; or WHERE NOT %2$I.', s.table_identity, s.first_column)",
    ..Audit::of(Source::IndexRoots)
};
