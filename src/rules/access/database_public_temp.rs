use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/database-public-temp.md")]
    "database-public-temp", "WD519", Access, Off, since "0.1.0",
    "everybody may make temporary tables",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.public_may_make_temporary",
    message: r#"pg_catalog.format('everybody may make temporary tables in database "%s"', s.database_name)"#,
    detail: "'They take space on its disk, which no setting limits, also of roles that may write nothing else.'",
    hint: "pg_catalog.format('Grant it to those who need it: GRANT TEMPORARY ON DATABASE %I TO ...;', s.database_name)",
    fix: "pg_catalog.format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC;', s.database_name)",
    ..Audit::of(Source::Database)
};
