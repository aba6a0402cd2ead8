use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/index-useless-predicate.md")]
    "index-useless-predicate", "WD202", Index, Info, since "0.1.0",
    "condition of an index leaves out no row",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.has_useless_predicate AND s.is_of_table",
    message: r#"pg_catalog.format('the condition of index "%s" on "%s" leaves out no row', s.index_name, s.table_name)"#,
    detail: "'It says IS NOT NULL of columns that are NOT NULL. The index is as large as without it, and queries that do not imply the condition, such as those that only sort, cannot use it before PostgreSQL 17.'",
    hint: "'Build it again without the condition, concurrently, and drop this one.'",
    ..Audit::of(Source::IndexRoots)
};
