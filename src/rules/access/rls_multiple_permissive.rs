use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rls-multiple-permissive.md")]
    "rls-multiple-permissive", "WD529", Access, Info, since "0.1.0",
    "several policies of one table are one",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.permissive_policies IS NOT NULL",
    message: r#"pg_catalog.format('policies of "%s" always hold together: %s', s.table_name, s.permissive_policies)"#,
    detail: "'Whoever is held to one of them is held to the others, and one that is true lets a row through: to know who sees what, all have to be read. Each is judged for each row until one is true.'",
    hint: "'Join their conditions by OR in one policy; or make one that was meant to narrow the others AS RESTRICTIVE.'",
    ..Audit::of(Source::Policies)
};
