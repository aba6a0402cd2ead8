use crate::rules::index::USE_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-mostly-null.md")]
    "index-mostly-null", "WD210", Index, Info, since "0.1.0",
    "index holds mostly NULL, for which nobody looks",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_mostly_null OR s.hides_null",
    message: r#"pg_catalog.format('index "%s" on "%s" holds NULL for most rows', s.index_name, s.table_name)"#,
    detail: "CASE WHEN s.hides_null THEN s.reason
        ELSE pg_catalog.format('%s is NULL in %s %% of the rows. Its %s scans found %s entries in all, too few for one that looked for NULL. The index takes %s, and each of these rows is written to it.',
            '\"' || s.column_name || '\"', pg_catalog.round((100 * s.null_frac)::pg_catalog.numeric), s.scans, s.entries, pg_catalog.pg_size_pretty(s.index_bytes)) END",
    hint: "pg_catalog.format('Unless queries sort all rows by it: CREATE INDEX CONCURRENTLY ON %s (%I) WHERE %2$I IS NOT NULL; Then: DROP INDEX CONCURRENTLY %3$s;',
        s.table_identity, s.column_name, s.identity)",
    level: "CASE WHEN s.hides_null THEN 'not checked' END",
    blind: USE_BLIND,
    ..Audit::of(Source::IndexValues)
};
