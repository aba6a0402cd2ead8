use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/planner-method-disabled.md")]
    "planner-method-disabled", "WD407", Server, Warning, since "0.1.0",
    "a method of the planner is switched off",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "pg_catalog.starts_with(s.name, 'enable_') AND s.value = 'off' AND s.built_in_value = 'on'",
    message: "pg_catalog.format('%s is off for all queries', s.name)",
    detail: "pg_catalog.format('What one query needed makes every other one that is better off with it slow. Set by: %s.', s.place)",
    hint: "'Take it back, and set it for that query alone: SET LOCAL in its transaction, or ALTER FUNCTION ... SET.'",
    ..Audit::of(Source::Settings)
};
