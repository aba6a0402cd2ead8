use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/schema-public-create.md")]
    "schema-public-create", "WD508", Access, Error, since "0.1.0",
    "everybody may create in a schema",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.public_may_create",
    message: r#"pg_catalog.format('everybody may create objects in schema "%s"', s.schema_name)"#,
    detail: "'A function or operator that somebody puts there runs with the rights of whoever has the schema in search_path and calls that name: CVE-2018-1058.'",
    hint: "'Grant it to those alone who make tables there: GRANT CREATE ON SCHEMA ... TO ...;'",
    fix: "pg_catalog.format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC;', s.schema_name)",
    ..Audit::of(Source::Schemata)
};
