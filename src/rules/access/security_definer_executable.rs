use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/security-definer-executable.md")]
    "security-definer-executable", "WD509", Access, Warning, since "0.1.0",
    "everybody may run code with its owner's rights",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_definer AND s.public_may_execute AND NOT s.is_trigger",
    message: r#"pg_catalog.format('everybody may run function "%s" with the rights of "%s"', s.function_name, s.owner_name)"#,
    detail: "'EXECUTE is PUBLIC''s until it is taken away.'",
    hint: "'Grant it to those who need it.'",
    fix: "pg_catalog.format('REVOKE EXECUTE ON %s %s FROM PUBLIC;', s.kind, s.signature)",
    ..Audit::of(Source::Functions)
};
