use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/collation-version-mismatch.md")]
    "collation-version-mismatch", "WD430", Server, Error, since "0.1.0",
    "rows may be in the wrong partition, because their order has changed",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "true",
    message: r#"pg_catalog.format('partitions of "%s" go by %s, whose version has changed', s.table_name, s.collation_names)"#,
    detail: "pg_catalog.format('%s. Values may sort otherwise than when their rows came: then rows are in a partition where queries no longer look for them.', s.versions)",
    hint: "'In each partition look for rows that it should not hold: SELECT count(*) FROM ONLY part WHERE NOT (...), with the condition that pg_get_partition_constraintdef(''part''::regclass) gives. Delete them, and insert them again into the table. When indexes are rebuilt too: ' || s.refresh",
    ..Audit::of(Source::PartitionCollations)
};
