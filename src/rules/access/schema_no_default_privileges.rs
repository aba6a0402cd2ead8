use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/schema-no-default-privileges.md")]
    "schema-no-default-privileges", "WD530", Access, Info, since "0.1.0",
    "who reads all tables of a schema will not read the next one",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "true",
    message: r#"pg_catalog.format('role %s may read all tables of schema "%s", but not those to come', s.names, s.schema_name)"#,
    detail: r#"pg_catalog.format('Rights on each of its %s tables were granted one by one, and the default privileges of their owner "%s" say nothing of it: what needs the next table fails until somebody grants that too.', s.tables, s.owner_name)"#,
    hint: "'Default privileges count for tables made afterwards by that role alone.'",
    fix: "s.grants",
    ..Audit::of(Source::Readers)
};
