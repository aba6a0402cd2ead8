use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/matview-exposed.md")]
    "matview-exposed", "WD526", Access, Warning, since "0.1.0",
    "a materialized view shows what policies hide",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_materialized AND s.tables_read_too IS NOT NULL",
    message: r#"pg_catalog.format('materialized view "%s" shows rows of %s to those from whom policies hide them', s.view_name, s.tables_read_too)"#,
    detail: r#"pg_catalog.format('It holds what "%s" saw at the last REFRESH, and it can have no policies.', s.owner_name)"#,
    hint: "'Take SELECT on it from those who are held to policies, and give them a view over it with a condition.'",
    ..Audit::of(Source::Views)
};
