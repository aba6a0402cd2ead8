use crate::rules::index::{USE_BLIND, dispensable};
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-unused.md")]
    "index-unused", "WD200", Index, Info, since "0.1.0",
    "no query uses the index",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: concat!(
        "s.scans = 0 AND s.writes > 0 AND ",
        dispensable!(),
        // The server does not say when an index was made: one that was there for all these writes was looked into for each.
        " AND coalesce(s.is_old, s.blocks >= s.writes)"
    ),
    message: r#"pg_catalog.format('no query used index "%s" on "%s"', s.index_name, s.table_name)"#,
    detail: "pg_catalog.format('None in at least 30 days, while %s writes kept it up. Dropping it frees %s.', s.writes, pg_catalog.pg_size_pretty(s.index_bytes))
        || CASE WHEN s.has_standby
                THEN pg_catalog.format(' Standbys are connected: what they use it for is not seen here. Ask each of them: SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelid = %L::regclass;', s.identity) ELSE '' END",
    hint: "CASE WHEN s.has_standby THEN 'If none uses it: ' || s.drop_index || ' ' ELSE '' END || 'Look whether it was made lately, or for something that comes once a quarter; the statistics do not know. Keep its definition.'
        || CASE WHEN s.has_expressions THEN ' ANALYZE gathers statistics of its expression, which plans may rest on.' ELSE '' END",
    // A standby may need it: only the user can know.
    fix: "CASE WHEN NOT s.has_standby THEN s.drop_index END",
    // 1 GB is worth more than a note.
    level: "CASE WHEN s.index_bytes >= 1073741824 THEN 'warning' END",
    blind: USE_BLIND,
    ..Audit::of(Source::IndexRoots)
};
