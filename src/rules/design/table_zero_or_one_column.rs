use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/table-zero-or-one-column.md")]
    "table-zero-or-one-column", "WD246", Design, Info, since "0.1.0",
    "table has no column, or only one that numbers its rows",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.column_count = 0 OR s.lone_number IS NOT NULL",
    message: r#"CASE WHEN s.lone_number IS NULL THEN pg_catalog.format('table "%s" has no columns', s.table_name)
        ELSE pg_catalog.format('table "%s" has only "%s", which numbers its rows', s.table_name, s.lone_number) END"#,
    detail: "CASE WHEN s.lone_number IS NULL THEN 'It can hold rows, but nothing in them.' ELSE 'Its rows say nothing, and no foreign key refers to them.' END",
    hint: "'If it is left over: drop it. If it gives out numbers: a sequence does that without rows.'",
    ..Audit::of(Source::ColumnsOfTables)
};
