use crate::rules::index::USE_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-never-selective.md")]
    "index-never-selective", "WD214", Index, Off, since "0.1.0",
    "each scan of the index finds nearly the whole table",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // What a foreign key looks for has to be found.
    when: "s.scans >= 100 AND s.steady_rows >= 10000 AND s.entries >= 0.9 * s.scans * s.steady_rows AND s.leads_to_rows
        AND s.is_of_table AND s.index_bytes >= 1048576 AND NOT s.is_held AND NOT s.supports_foreign_key",
    message: r#"pg_catalog.format('scans of index "%s" on "%s" find nearly the whole table', s.index_name, s.table_name)"#,
    detail: "pg_catalog.format('%s scans in at least 30 days found %s rows on average, of about %s. To read the table from end to end takes less. The index takes %s, and writes keep it up.',
            s.scans, pg_catalog.round(s.entries::pg_catalog.numeric / s.scans), pg_catalog.round(s.steady_rows::pg_catalog.numeric), pg_catalog.pg_size_pretty(s.index_bytes))
        || CASE WHEN s.has_standby
                THEN pg_catalog.format(' Standbys are connected: what they use it for is not seen here. Ask each of them: SELECT idx_scan, idx_tup_read FROM pg_stat_user_indexes WHERE indexrelid = %L::regclass;', s.identity) ELSE '' END",
    hint: "'Unless it is there for the order in which it gives them: ' || s.drop_index || ' An index that serves what these queries look for begins with a column that leaves few rows, or holds no others.'",
    blind: USE_BLIND,
    ..Audit::of(Source::IndexRoots)
};
