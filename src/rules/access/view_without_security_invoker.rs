use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/view-without-security-invoker.md")]
    "view-without-security-invoker", "WD514", Access, Warning, since "0.1.0",
    "a view goes round row level security",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.protected_tables IS NOT NULL",
    message: r#"pg_catalog.format('view "%s" shows all rows of %s', s.view_name, s.protected_tables)"#,
    detail: r#"pg_catalog.format('It reads them as "%s", for whom their policies do not hold, and others may read the view.', s.owner_name)"#,
    hint: "'With security_invoker the rights and policies of whoever reads the view count.'",
    fix: "pg_catalog.format('ALTER VIEW %s SET (security_invoker = true);', s.identity)",
    ..Audit::of(Source::Views)
};
