use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/schema-environment-name.md")]
    "schema-environment-name", "WD524", Access, Off, since "0.1.0",
    "name of a schema says where it runs",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.schema_name ~* '^(dev|devel|development|test|testing|qa|uat|stage|staging|preprod|prod|production)[_-]|[_-](dev|devel|development|test|testing|qa|uat|stage|staging|preprod|prod|production)$'",
    message: r#"pg_catalog.format('name of schema "%s" says where it runs', s.schema_name)"#,
    detail: "'Statements that name it differ from one environment to the other, so that what was tested is not what is run.'",
    hint: "'The same name everywhere, and a database for each environment.'",
    ..Audit::of(Source::Schemata)
};
