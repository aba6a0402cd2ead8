use crate::rules::access::PASSWORDS_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/password-expiry-none.md")]
    "password-expiry-none", "WD531", Access, Off, since "0.1.0",
    "password holds for ever",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.can_login AND s.is_for_ever",
    message: r#"pg_catalog.format('password of role "%s" holds for ever', s.role_name)"#,
    detail: "'It has no VALID UNTIL: who once learned it can log in until somebody changes it.'",
    hint: "pg_catalog.format('ALTER ROLE %I VALID UNTIL ''...''; and a new password before that day: from then on nobody logs in with the old one.', s.role_name)",
    blind: PASSWORDS_BLIND,
    ..Audit::of(Source::Passwords)
};
