use crate::rules::index::COUNT_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/table-empty.md")]
    "table-empty", "WD307", Design, Info, since "0.1.0",
    "table has been empty for long",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.table_rows = 0",
    message: r#"pg_catalog.format('table "%s" has been empty for long', s.table_name)"#,
    detail: "pg_catalog.format('No row was written to it since %s at least, not even one that is gone again.', pg_catalog.to_char(s.since, 'YYYY-MM-DD'))
        || CASE WHEN s.scans > 0 THEN pg_catalog.format(' It was scanned %s times.', s.scans) ELSE ' Nor was it read.' END",
    hint: "CASE WHEN s.scans > 0 THEN 'Look what reads it, and what was to write to it. If nothing: DROP TABLE.' ELSE 'If nothing is to write to it: DROP TABLE.' END",
    blind: COUNT_BLIND,
    ..Audit::of(Source::TableUse)
};
