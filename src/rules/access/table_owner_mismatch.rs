use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/table-owner-mismatch.md")]
    "table-owner-mismatch", "WD522", Access, Info, since "0.1.0",
    "schema and tables belong to strangers",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_mismatch AND NOT s.owner_is_superuser AND NOT s.is_database_owners",
    message: r#"pg_catalog.format('schema "%s" is "%s"''s, and all its tables are "%s"''s', s.schema_name, s.owner_name, s.tables_owner_name)"#,
    detail: r#"pg_catalog.format('"%s" cannot alter them, but may drop each of them.', s.owner_name)"#,
    hint: "'Give the schema to the owner of the tables, if they are to be one thing.'",
    fix: "pg_catalog.format('ALTER SCHEMA %I OWNER TO %I;', s.schema_name, s.tables_owner_name)",
    ..Audit::of(Source::Schemata)
};
