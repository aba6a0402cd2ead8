use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/database-public-connect.md")]
    "database-public-connect", "WD518", Access, Info, since "0.1.0",
    "roles that have nothing to do here may connect",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.public_may_connect AND s.strangers > 0",
    message: r#"pg_catalog.format('%s may connect to database "%s" for no other reason than that everybody may', s.stranger_names, s.database_name)"#,
    detail: "'Nothing in it belongs to them or was granted to them. They see its catalogs and whatever PUBLIC may use, and take connections.'",
    hint: "pg_catalog.format('GRANT CONNECT ON DATABASE %I TO those who need it, then REVOKE CONNECT ON DATABASE %I FROM PUBLIC;', s.database_name, s.database_name)",
    ..Audit::of(Source::Database)
};
