use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/role-powerful-membership.md")]
    "role-powerful-membership", "WD507", Access, Warning, since "0.1.0",
    "a role may reach the machine",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.powers IS NOT NULL AND s.can_login AND NOT s.is_superuser",
    message: r#"pg_catalog.format('role "%s" is a member of %s', s.role_name, s.powers)"#,
    detail: "'With it one runs programs on the machine, or reads and writes the server''s files: that is as much as a superuser.'",
    hint: "'Where it is not for this role to do: REVOKE it.'",
    fix: "pg_catalog.format('REVOKE %s FROM %I;', s.direct_powers, s.role_name)",
    ..Audit::of(Source::Roles)
};
