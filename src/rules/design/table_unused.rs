use crate::rules::index::COUNT_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/table-unused.md")]
    "table-unused", "WD297", Design, Info, since "0.1.0",
    "nobody reads or writes the table",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.table_rows > 0 AND (s.is_dated OR s.place = 1)",
    message: r#"pg_catalog.format('nobody reads or writes table "%s"', s.table_name)"#,
    detail: "CASE WHEN s.is_dated
        THEN pg_catalog.format('It holds about %s rows (%s). None was written since ANALYZE came to it on %s, and statistics, which are older than that, know of no read.',
                pg_catalog.to_char(s.table_rows, 'FM9,999,999,999,990'), pg_catalog.pg_size_pretty(s.table_bytes), pg_catalog.to_char(s.since, 'YYYY-MM-DD'))
            || CASE WHEN s.has_standby
                    THEN pg_catalog.format(' Standbys are connected: what they read is not seen here. Ask each of them: SELECT seq_scan, idx_scan FROM pg_stat_user_tables WHERE relid = %L::regclass;', s.identity) ELSE '' END
        ELSE CASE s.alike WHEN 1 THEN 'Nobody reads or writes it now' ELSE pg_catalog.format('Nobody reads or writes it now, nor %s more', s.alike - 1) END
            || ', but nothing tells since when: an ANALYZE at least 90 days ago would, and no crash or reset of the statistics since.' END",
    hint: "'Look whether something needs it once a year. If not: pg_dump --table, then DROP TABLE.'",
    level: "CASE WHEN NOT s.is_dated THEN 'not checked' END",
    blind: COUNT_BLIND,
    ..Audit::of(Source::TableUse)
};
