use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rls-enabled-no-policy.md")]
    "rls-enabled-no-policy", "WD512", Access, Info, since "0.1.0",
    "table shows no rows to anybody but its owner",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_enabled AND s.permissive_policies = 0 AND s.bound_roles IS NOT NULL AND NOT s.is_partition",
    message: r#"pg_catalog.format('row level security of "%s" lets nobody in', s.table_name)"#,
    detail: "CASE s.policies WHEN 0 THEN 'It is on and there is no policy: ' ELSE 'It is on and its policies only take away: ' END
        || pg_catalog.format('with the rights of %s one finds an empty table.', s.bound_roles)",
    hint: "'If that is not meant: CREATE POLICY ... ON ... TO ... USING (...); if it is, take the rights away.'",
    ..Audit::of(Source::RowSecurity)
};
