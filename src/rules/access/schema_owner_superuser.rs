use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/schema-owner-superuser.md")]
    "schema-owner-superuser", "WD523", Access, Info, since "0.1.0",
    "an application's schema belongs to a superuser",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.owner_is_superuser AND s.tables_owner_is_superuser AND s.users IS NOT NULL",
    message: r#"pg_catalog.format('schema "%s" and its tables belong to superuser "%s"', s.schema_name, s.owner_name)"#,
    detail: "pg_catalog.format('It is granted to %s. Its views, its SECURITY DEFINER functions and each migration run with all rights there are.', s.users)",
    hint: "'A role that is no superuser and cannot log in does as well: ALTER SCHEMA ... OWNER TO ...; and the same for what is in it.'",
    ..Audit::of(Source::Schemata)
};
