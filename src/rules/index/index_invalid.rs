use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-invalid.md")]
    "index-invalid", "WD014", Index, Error, since "0.1.0",
    "index is invalid, and never read",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_invalid",
    message: r#"pg_catalog.format('index "%s" on "%s" is invalid', s.index_name, s.table_name)"#,
    detail: "pg_catalog.format('A CREATE, REINDEX or DROP ... CONCURRENTLY of it failed. It takes space%s%s, and no query uses it.', ' (' || pg_catalog.pg_size_pretty(s.index_bytes) || ')', CASE WHEN s.is_ready AND s.is_unique THEN ', slows writes down, refuses duplicates' WHEN s.is_ready THEN ', slows writes down' END)",
    hint: "CASE WHEN s.is_reindex_leftover THEN 'A REINDEX left it over; the index that it rebuilt is still there.'
        WHEN s.drop_index IS NOT NULL THEN 'Mend what made it fail, then build it again in place: ' || s.rebuild_index || ' Or drop it and start again.' END",
    fix: "coalesce(s.drop_index, s.rebuild_index)",
    ..Audit::of(Source::Indexes)
};
