use crate::rules::index::USE_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-unused.md")]
    "index-unused", "WD200", Index, Info, since "0.1.0",
    "no query uses the index",
    [Audit(AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.scans = 0 AND s.writes > 0 AND s.is_of_table AND s.index_bytes >= 1048576 AND NOT s.is_held
        AND s.unique_name IS NULL AND NOT s.supports_foreign_key AND NOT s.is_new AND NOT s.is_of_pair
        -- An index that was there for all the rows that were inserted was read for each of them.
        AND (s.is_partial OR s.blocks >= s.inserts)",
    message: r#"pg_catalog.format('no query used index "%s" on "%s"', s.index_name, s.table_name)"#,
    detail: "pg_catalog.format('None in at least 30 days, while %s writes kept it up. Dropping it frees %s.', s.writes, pg_catalog.pg_size_pretty(s.index_bytes))
        || CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_stat_replication AS r WHERE r.state IS DISTINCT FROM 'backup')
                THEN ' Standbys are connected: what they use it for is not seen here.' ELSE '' END",
    hint: "'Look whether it was made lately, or for something that comes once a quarter; the statistics do not know. Keep its definition.'
        || CASE WHEN s.has_expressions THEN ' ANALYZE gathers statistics of its expression, which plans may rest on.' ELSE '' END",
    fix: "s.drop_index",
    // 1 GB is worth more than a note.
    level: "CASE WHEN s.index_bytes >= 1073741824 THEN 'warning' END",
    blind: USE_BLIND,
    ..Audit::of(Source::IndexRoots)
};
