use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rls-policy-always-true.md")]
    "rls-policy-always-true", "WD513", Access, Warning, since "0.1.0",
    "a policy lets everything through",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.open_policies IS NOT NULL AND s.is_enabled",
    message: r#"pg_catalog.format('policy %s of "%s" lets every change through', s.open_policies, s.table_name)"#,
    detail: "'Its condition is true for every row: who has the privilege may change the rows of others.'",
    hint: "'Write who may change which rows, or leave the policy to the role that may change all of them.'",
    ..Audit::of(Source::RowSecurity)
};
