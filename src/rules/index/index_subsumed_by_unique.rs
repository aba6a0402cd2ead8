use crate::rules::index::USE_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-subsumed-by-unique.md")]
    "index-subsumed-by-unique", "WD201", Index, Info, since "0.1.0",
    "index begins with all the columns of a unique one, and no query uses it",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.scans = 0 AND s.writes > 0 AND s.unique_name IS NOT NULL AND s.is_of_table AND NOT s.is_held AND NOT s.supports_foreign_key
        AND coalesce(s.is_old, s.blocks >= s.writes) AND NOT s.is_of_pair",
    message: r#"pg_catalog.format('index "%s" on "%s" begins with all the columns of unique "%s"', s.index_name, s.table_name, s.unique_name)"#,
    detail: r#"pg_catalog.format('"%s" finds the one row; there is nothing left to tell apart or to sort. No query used this index in at least 30 days, and %s writes kept it up.', s.unique_name, s.writes)
        || CASE WHEN s.has_standby
                THEN pg_catalog.format(' Standbys are connected: what they use it for is not seen here. Ask each of them: SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelid = %L::regclass;', s.identity) ELSE '' END"#,
    hint: "CASE WHEN s.has_standby THEN 'If none uses it: ' || s.drop_index || ' ' ELSE '' END || 'Only queries that read these columns and no others can gain by it. Look whether it was made lately; the statistics do not know.'",
    // A standby may need it: only the user can know.
    fix: "CASE WHEN NOT s.has_standby THEN s.drop_index END",
    blind: USE_BLIND,
    ..Audit::of(Source::IndexRoots)
};
