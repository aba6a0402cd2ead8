use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rls-per-row-function.md")]
    "rls-per-row-function", "WD528", Access, Warning, since "0.1.0",
    "a policy calls a function for each row that could be called once",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.called_functions IS NOT NULL OR s.calls_unknown IS NOT NULL",
    message: r#"pg_catalog.format('policy %s of "%s" calls %s for each row', s.calling_policies, s.table_name, s.called_functions)"#,
    detail: "CASE WHEN s.calls_unknown IS NOT NULL THEN s.calls_unknown
        ELSE pg_catalog.format('A query that looks at all %s rows calls it that many times, and gets the same each time.', s.table_rows) END",
    hint: "'Call it in a sub-select, which runs once for each query: write (SELECT f()) in place of f(), by ALTER POLICY.'",
    level: "CASE WHEN s.calls_unknown IS NOT NULL THEN 'not checked' END",
    ..Audit::of(Source::Policies)
};
