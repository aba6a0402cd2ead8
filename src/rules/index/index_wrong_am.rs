use crate::rules::index::USE_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-wrong-am.md")]
    "index-wrong-am", "WD219", Index, Off, since "0.1.0",
    "another index method is made for what the index is used for",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.reason IS NULL OR s.place = 1",
    message: r#"pg_catalog.format('%s index "%s" on "%s" could be %s', CASE s.method WHEN 'gist' THEN 'GiST' ELSE s.method END,
        s.index_name, s.table_name, CASE s.method WHEN 'gist' THEN 'GIN' ELSE 'BRIN' END)"#,
    detail: "CASE WHEN s.reason IS NOT NULL THEN s.reason
        WHEN s.method = 'gist'
        THEN pg_catalog.format('In at least 30 days it was searched %s times, and written %s times. GiST keeps signatures of texts, which fit other texts too: each that it finds is looked up in its row. GIN keeps the words, finds faster, and takes longer to write.',
                s.scans, s.writes)
        ELSE pg_catalog.format('The table takes %s, has only grown in at least 30 days, and lies in the order of \"%s\". Scans found %s rows on average. BRIN has one entry for each 128 pages, %s in all, and leads to them as well; this index has one for each row, and takes %s.',
                pg_catalog.pg_size_pretty(s.table_bytes), s.column_name, pg_catalog.round(s.entries / s.scans), s.table_pages / 128, pg_catalog.pg_size_pretty(s.index_bytes)) END",
    hint: "CASE WHEN s.method = 'gist' THEN 'With what it is on: CREATE INDEX CONCURRENTLY ON ' || s.table_identity || ' USING gin (...);'
        ELSE pg_catalog.format('Unless queries sort by it, or look for single rows as well: CREATE INDEX CONCURRENTLY ON %s USING brin (%I) WITH (autosummarize = on);', s.table_identity, s.column_name) END
        || ' Then: DROP INDEX CONCURRENTLY ' || s.identity || ';'",
    level: "CASE WHEN s.reason IS NOT NULL THEN 'not checked' END",
    blind: USE_BLIND,
    ..Audit::of(Source::IndexMethods)
};
