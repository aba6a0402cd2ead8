use crate::rules::index::COUNT_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-btree-on-array.md")]
    "index-btree-on-array", "WD205", Index, Info, since "0.1.0",
    "btree index on an array or jsonb, unused",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // Whatever does use it asks for whole values, or sorts by them: all that a btree can do.
    when: "s.method = 'btree' AND s.first_is_container AND s.scans = 0 AND s.is_of_table AND NOT s.is_held",
    message: r#"pg_catalog.format('btree index "%s" on "%s" begins with a column of type %s', s.index_name, s.table_name, s.first_type)"#,
    detail: "'It finds whole values alone, never elements or keys, and no query here used it since the statistics began. A row whose value is long cannot be inserted: an entry takes 2704 bytes at most.'",
    hint: "pg_catalog.format('To search inside the values: CREATE INDEX CONCURRENTLY ON %s USING gin (%I);', s.table_identity, s.first_column)",
    blind: COUNT_BLIND,
    ..Audit::of(Source::IndexRoots)
};
