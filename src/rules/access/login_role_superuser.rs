use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/login-role-superuser.md")]
    "login-role-superuser", "WD506", Access, Warning, since "0.1.0",
    "a role that logs in is a superuser",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_superuser AND s.can_login AND NOT s.is_bootstrap",
    message: r#"pg_catalog.format('role "%s" is a superuser that can log in', s.role_name)"#,
    detail: "'Whatever it runs passes every privilege and every row policy, and may run programs on the machine. pg_warden does not bind it either: it may switch it off.'",
    hint: "'For administrators, better a role without LOGIN that they take with SET ROLE; an application never needs it.'",
    ..Audit::of(Source::Roles)
};
