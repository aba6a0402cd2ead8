use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/incrementing-columns.md")]
    "incrementing-columns", "WD241", Design, Info, since "0.1.0",
    "numbered columns hold a list",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.series_first IS NOT NULL",
    message: r#"pg_catalog.format('columns "%s" to "%s" of "%s" hold a list', s.series_first, s.series_last, s.table_name)"#,
    detail: "'Whoever looks for a value has to name each of them, an index finds it in one, and one value more needs another column.'",
    hint: "'In new tables: a table of the values with a row for each, or an array.'",
    ..Audit::of(Source::ColumnsOfTables)
};
