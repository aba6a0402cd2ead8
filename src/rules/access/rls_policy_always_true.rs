use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rls-policy-always-true.md")]
    "rls-policy-always-true", "WD513", Access, Warning, since "0.1.0",
    "a policy lets everything through",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_enabled AND s.open_policies IS NOT NULL AND NOT s.is_partition",
    message: r#"pg_catalog.format('policy %s of "%s" lets every change through', s.open_policies, s.table_name)"#,
    detail: "CASE WHEN s.opens_rows THEN pg_catalog.format('Its condition is true for every row: with the rights of %s one may change the rows of others.', s.bound_roles)
        ELSE pg_catalog.format('Its condition is true for every row: with the rights of %s one may add rows in the name of others.', s.bound_roles) END",
    hint: "'Write who may change which rows, or leave the policy to the role that may change all of them.'",
    level: "CASE WHEN NOT s.opens_rows THEN 'info' END",
    ..Audit::of(Source::RowSecurity)
};
