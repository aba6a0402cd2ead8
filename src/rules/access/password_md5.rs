use crate::rules::access::PASSWORDS_BLIND;
use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/password-md5.md")]
    "password-md5", "WD505", Access, Warning, since "0.1.0",
    "password is kept as MD5",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_md5",
    message: r#"pg_catalog.format('password of role "%s" is kept as MD5', s.role_name)"#,
    detail: "'Who reads it, from a backup or a dump of roles, can log in with it as it is; and PostgreSQL 18 warns that MD5 will go.'",
    hint: "'With password_encryption = scram-sha-256, the default, give the role its password anew.'",
    blind: PASSWORDS_BLIND,
    ..Audit::of(Source::Passwords)
};
