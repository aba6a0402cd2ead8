use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/too-many-columns.md")]
    "too-many-columns", "WD245", Design, Info, since "0.1.0",
    "table has more than 100 columns",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.column_count > 100",
    message: r#"pg_catalog.format('table "%s" has %s columns', s.table_name, s.column_count)"#,
    detail: "'A row is read from its start up to the column that is wanted, and an UPDATE of one column writes all of them again. No more than 1,600 fit, and dropped ones count.'",
    hint: "'Columns that are read or updated together, or mostly NULL, can go to a table of their own with the same key.'",
    ..Audit::of(Source::ColumnsOfTables)
};
