use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rls-enabled-no-policy.md")]
    "rls-enabled-no-policy", "WD512", Access, Info, since "0.1.0",
    "table shows no rows to anybody but its owner",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.policies = 0 AND s.is_enabled",
    message: r#"pg_catalog.format('row level security of "%s" lets nobody in', s.table_name)"#,
    detail: "'It is on and there is no policy: but for the owner and those who bypass it, every role sees an empty table.'",
    hint: "'If that is not meant: CREATE POLICY ... ON ... TO ... USING (...);'",
    ..Audit::of(Source::RowSecurity)
};
