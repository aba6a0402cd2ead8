use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/too-many-indexes.md")]
    "too-many-indexes", "WD207", Index, Info, since "0.1.0",
    "table has more than 15 indexes",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // A table that statistics of a month know no write of costs nothing more.
    when: "s.indexes > 15 AND NOT s.is_never_written",
    message: r#"pg_catalog.format('table "%s" has %s indexes', s.table_name, s.indexes)"#,
    detail: "pg_catalog.format('Each INSERT, and each UPDATE that changes an indexed column, writes to all of them that it concerns%s.', ' (' || pg_catalog.pg_size_pretty(s.index_bytes) || ', the table ' || pg_catalog.pg_size_pretty(s.table_bytes) || ')')",
    hint: "'See which of them are read: SELECT indexrelname, idx_scan FROM pg_stat_user_indexes, on the standbys too.'",
    ..Audit::of(Source::IndexCounts)
};
