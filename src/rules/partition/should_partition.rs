use crate::rules::index::COUNT_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/should-partition.md")]
    "should-partition", "WD340", Partition, Info, since "0.1.0",
    "rows are deleted from a very large table that lies in the order of time",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.column_name IS NOT NULL OR s.is_hidden",
    message: r#"pg_catalog.format('table "%s" has %s in the order of "%s", and rows are deleted from it', s.table_name, pg_catalog.pg_size_pretty(s.table_bytes), s.column_name)"#,
    detail: "CASE WHEN s.is_hidden THEN 'This role may not read statistics of its columns.'
        ELSE pg_catalog.format('%s rows were deleted since %s. DELETE leaves the work to VACUUM, which has to read and clean the table and all its indexes; dropping a partition takes a moment.',
            s.deleted, pg_catalog.to_char(s.statistics_since, 'YYYY-MM-DD HH24:MI')) END",
    hint: "CASE WHEN s.column_name IS NOT NULL THEN pg_catalog.format('If it is the old rows that go, partition by ranges of %I. The table can become the first partition as it is, once a CHECK says how far it goes. Unique keys then have to hold that column.', s.column_name) END",
    level: "CASE WHEN s.is_hidden THEN 'not checked' END",
    blind: COUNT_BLIND,
    ..Audit::of(Source::LargeTables)
};
