use crate::rules::index::USE_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-same-columns-reordered.md")]
    "index-same-columns-reordered", "WD211", Index, Info, since "0.1.0",
    "index has the columns of another in another order, and no query uses it",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.scans = 0 AND s.writes > 0 AND s.is_of_table AND s.index_bytes >= 1048576 AND NOT s.is_held
        AND NOT s.supports_foreign_key AND NOT s.is_of_pair AND coalesce(s.is_old, s.blocks >= s.writes)
        AND s.unique_name IS NULL AND s.reordered_name IS NOT NULL",
    message: r#"pg_catalog.format('index "%s" on "%s" has the columns of "%s" in another order, and no query used it', s.index_name, s.table_name, s.reordered_name)"#,
    detail: r#"pg_catalog.format('Queries use "%s". None used this one in at least 30 days, while %s writes kept it up. Dropping it frees %s.', s.reordered_name, s.writes, pg_catalog.pg_size_pretty(s.index_bytes))
        || CASE WHEN s.has_standby
                THEN pg_catalog.format(' Standbys are connected: what they use it for is not seen here. Ask each of them: SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelid = %L::regclass;', s.identity) ELSE '' END"#,
    hint: "CASE WHEN s.has_standby THEN 'If none uses it: ' || s.drop_index || ' ' ELSE '' END || 'Look whether it was made lately, or for something that comes once a quarter; the statistics do not know. Keep its definition.'",
    // A standby may need it: only the user can know.
    fix: "CASE WHEN NOT s.has_standby THEN s.drop_index END",
    // 1 GB is worth more than a note.
    level: "CASE WHEN s.index_bytes >= 1073741824 THEN 'warning' END",
    blind: USE_BLIND,
    ..Audit::of(Source::IndexRoots)
};
