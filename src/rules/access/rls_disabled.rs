use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rls-disabled.md")]
    "rls-disabled", "WD532", Access, Warning, since "0.1.0",
    "table lacks the row level security of those beside it",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "NOT s.is_foreign",
    message: r#"pg_catalog.format('table "%s" shows all its rows to %s', s.table_name, s.readers)"#,
    detail: r#"pg_catalog.format('Policies of %s keep rows apart by "%s". It has that column as well, and no row level security.', s.like_tables, s.column_name)"#,
    hint: "pg_catalog.format('In one transaction: ALTER TABLE %s ENABLE ROW LEVEL SECURITY; and policies like theirs: without any, nobody but its owner sees a row.', s.identity)",
    ..Audit::of(Source::PolicyGaps)
};
