use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/extension-untrusted-language.md")]
    "extension-untrusted-language", "WD516", Access, Warning, since "0.1.0",
    "a language without limits is installed",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.untrusted_languages IS NOT NULL",
    message: r#"pg_catalog.format('extension "%s" brings the untrusted language %s', s.extension_name, s.untrusted_languages)"#,
    detail: "'Functions in it do on the machine what the server''s account may do. Superusers alone may make them; whoever may call them decides with what arguments.'",
    hint: "'Where none is needed: DROP EXTENSION. Look at its functions: SELECT oid::regprocedure FROM pg_proc WHERE prolang = ...;'",
    ..Audit::of(Source::Extensions)
};
