use crate::rules::index::USE_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-low-cardinality.md")]
    "index-low-cardinality", "WD209", Index, Info, since "0.1.0",
    "index finds most of what it is asked for everywhere in the table",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.has_few_values OR s.hides_many",
    message: r#"pg_catalog.format('index "%s" on "%s" is on %s', s.index_name, s.table_name,
        CASE s.n_distinct WHEN 1 THEN 'one value' ELSE s.n_distinct || ' values' END)"#,
    detail: "CASE WHEN s.hides_many THEN s.reason
        ELSE pg_catalog.format('Each of its %s scans found %s %% of the rows on average. These are on all pages of the table, which is read from end to end faster without it. It takes %s, and writes keep it up.',
            s.scans, pg_catalog.round((100 * s.entries / s.scans / s.rows)::pg_catalog.numeric), pg_catalog.pg_size_pretty(s.index_bytes)) END",
    hint: "pg_catalog.format('If queries look for a value that few rows have, keep only those: CREATE INDEX CONCURRENTLY ON %s (...) WHERE %I = ...; Then: DROP INDEX CONCURRENTLY %s;',
        s.table_identity, s.column_name, s.identity)",
    level: "CASE WHEN s.hides_many THEN 'not checked' END",
    blind: USE_BLIND,
    ..Audit::of(Source::IndexValues)
};
