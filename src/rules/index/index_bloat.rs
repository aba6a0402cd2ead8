use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-bloat.md")]
    "index-bloat", "WD216", Index, Off, since "0.1.0",
    "more than half of a large index is empty",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.empty_bytes > s.index_bytes / 2 AND s.index_bytes > 104857600 OR s.unknown IS NOT NULL AND s.place = 1",
    message: r#"pg_catalog.format('%s %% of index "%s" on "%s" is empty', 100 * s.empty_bytes / s.index_bytes, s.index_name, s.table_name)"#,
    detail: "CASE WHEN s.unknown IS NULL
        THEN pg_catalog.format('It takes %s, and could do with %s: what was in between is deleted or has moved. Scans of many entries read more pages for it, and memory keeps them.',
                pg_catalog.pg_size_pretty(s.index_bytes), pg_catalog.pg_size_pretty(s.index_bytes - s.empty_bytes))
        ELSE s.unknown || CASE s.alike WHEN 1 THEN '' ELSE pg_catalog.format(' So it is with %s more of more than 100 MB.', s.alike - 1) END END",
    hint: "'New entries fill its pages again where they belong there. Where they do not, only a rebuild gives the space back'
        || CASE WHEN s.is_exclusion THEN ', and for an exclusion constraint one that blocks writes: REINDEX INDEX ' || s.identity || ';' ELSE '.' END",
    fix: "CASE WHEN NOT s.is_exclusion THEN 'REINDEX INDEX CONCURRENTLY ' || s.identity || ';' END",
    level: "CASE WHEN s.unknown IS NOT NULL THEN 'not checked' END",
    ..Audit::of(Source::IndexBloat)
};
