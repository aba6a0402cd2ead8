use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/sensitive-column-exposed.md")]
    "sensitive-column-exposed", "WD534", Access, Off, since "0.1.0",
    "secrets are readable for those who only read",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "true",
    message: r#"pg_catalog.format('%s of "%s" %s readable for %s', s.names, s.table_name, CASE s.columns WHEN 1 THEN 'is' ELSE 'are' END, s.readers)"#,
    detail: "'The name says that it is a secret, and who reads the table reads it in every row, and in each copy that is made of it.'",
    hint: "pg_catalog.format('Rights on columns leave it out: REVOKE SELECT ON %s FROM ...; GRANT SELECT (...) ON %s TO ...; or keep secrets in a table of their own.', s.identity, s.identity)",
    ..Audit::of(Source::Secrets)
};
