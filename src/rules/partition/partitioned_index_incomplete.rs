use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/partitioned-index-incomplete.md")]
    "partitioned-index-incomplete", "WD336", Partition, Warning, since "0.1.0",
    "index is not there on every partition",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_incomplete",
    message: r#"pg_catalog.format('index "%s" of "%s" lacks %s', s.index_name, s.table_name, s.missing)"#,
    detail: "'It is invalid as long as that is so: no new partition can rely on it, and if it is unique nothing refers to it.'",
    hint: "'Build one on each of them with CREATE INDEX CONCURRENTLY, and attach it: ALTER INDEX ... ATTACH PARTITION ...;'",
    ..Audit::of(Source::PartitionedIndexes)
};
