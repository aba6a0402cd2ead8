use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/view-without-security-invoker.md")]
    "view-without-security-invoker", "WD514", Access, Warning, since "0.1.0",
    "a view goes round row level security",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    // With security_barrier its own condition is what keeps rows apart, for readers who are not to get at the table.
    when: "NOT s.is_materialized AND NOT s.is_barrier",
    message: r#"pg_catalog.format('view "%s" shows all rows of %s', s.view_name, coalesce(s.tables_read_too, s.protected_tables))"#,
    detail: r#"pg_catalog.format('It reads as "%s", for whom their policies do not hold, and others may read the view.', s.owner_name)
        || CASE WHEN s.tables_read_too IS NOT NULL THEN ' In the table itself they see what its policies let them see.' ELSE '' END"#,
    hint: "CASE WHEN s.tables_read_too IS NOT NULL THEN 'With security_invoker the rights and policies of whoever reads the view count.'
        ELSE 'With security_invoker the rights and policies of whoever reads the view count; readers then need rights on the table, which they do not have. If the view is to show them these rows and no others, say so: ALTER VIEW ... SET (security_barrier = true).' END",
    fix: "CASE WHEN s.tables_read_too IS NOT NULL THEN pg_catalog.format('ALTER VIEW %s SET (security_invoker = true);', s.identity) END",
    level: "CASE WHEN s.tables_read_too IS NULL THEN 'info' END",
    ..Audit::of(Source::Views)
};
