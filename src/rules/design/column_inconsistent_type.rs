use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/column-inconsistent-type.md")]
    "column-inconsistent-type", "WD240", Design, Info, since "0.1.0",
    "column is shorter than those of its name in other tables",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.long_tables > 0",
    message: "s.column_is || ' integer, and bigint in most tables of the schema'",
    detail: "pg_catalog.format('%I is bigint in %s other tables. Where they hold the same numbers, the shorter column is the first to fail: past 2,147,483,647 it refuses them.', s.column_name, s.long_tables)",
    hint: "'Where they do, widen it while the table is small, or by a new column and a swap of names. Where they do not, another name would say so.'",
    ..Audit::of(Source::ColumnsAlike)
};
