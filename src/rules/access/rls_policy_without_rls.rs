use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rls-policy-without-rls.md")]
    "rls-policy-without-rls", "WD511", Access, Warning, since "0.1.0",
    "policies of a table are not in effect",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.policies > 0 AND NOT s.is_enabled",
    message: r#"pg_catalog.format('policies of "%s" are not in effect', s.table_name)"#,
    detail: "pg_catalog.format('It has %s, and row level security is off: every role with the privilege sees and changes all rows.', CASE s.policies WHEN 1 THEN 'a policy' ELSE s.policies || ' policies' END)",
    hint: "'Look whether its policies let those in who need it, and switch it on.'",
    fix: "pg_catalog.format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', s.identity)",
    ..Audit::of(Source::RowSecurity)
};
