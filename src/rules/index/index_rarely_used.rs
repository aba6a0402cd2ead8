use crate::rules::index::{USE_BLIND, dispensable};
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-rarely-used.md")]
    "index-rarely-used", "WD213", Index, Off, since "0.1.0",
    "index is written a hundred times for each use, and most scans of its table go another way",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: concat!(
        "s.scans > 0 AND s.writes > 100 AND s.scans <= s.writes / 100 AND ",
        dispensable!(),
        " AND s.scans < s.table_scans / 10
        -- As for one that is not used at all. A scan reads a few blocks on its way down, and then one for each entry at most.
        AND coalesce(s.is_old, s.blocks - 6 * s.scans - s.entries >= s.writes)"
    ),
    message: r#"pg_catalog.format('queries hardly use index "%s" on "%s"', s.index_name, s.table_name)"#,
    detail: "pg_catalog.format('They used it %s in at least 30 days, while %s writes kept it up; the table was scanned %s times. A use found %s rows on average. The index takes %s.',
            CASE s.scans WHEN 1 THEN 'once' ELSE s.scans || ' times' END, s.writes, s.table_scans, pg_catalog.round(s.entries::pg_catalog.numeric / s.scans), pg_catalog.pg_size_pretty(s.index_bytes))
        || CASE WHEN s.has_standby
                THEN pg_catalog.format(' Standbys are connected: what they use it for is not seen here. Ask each of them: SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelid = %L::regclass;', s.identity) ELSE '' END",
    hint: "'If those queries may take longer, or another index serves them nearly as well, keep its definition and: ' || s.drop_index",
    blind: USE_BLIND,
    ..Audit::of(Source::IndexRoots)
};
