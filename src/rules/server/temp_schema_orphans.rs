use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/temp-schema-orphans.md")]
    "temp-schema-orphans", "WD440", Server, Info, since "0.1.0",
    "temporary tables are left over from a session that is gone",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "true",
    message: r#"pg_catalog.format('schema "%s" holds temporary tables of a session that is gone', s.schema_name)"#,
    detail: "CASE WHEN s.has_numbers
        THEN pg_catalog.format('There are %s, and all of them are older than %s transactions: %s. The server crashed before they were dropped. VACUUM cannot clean or freeze them, so that the age of the database grows with theirs, %s by now.',
            s.tables, '50 million', s.some || CASE WHEN s.tables > 3 THEN ', ...' ELSE '' END, pg_catalog.to_char(s.age, 'FM9,999,999,999'))
        WHEN pg_catalog.pg_is_in_recovery() THEN 'This is a standby: whether the session of that schema is there is known to its primary.'
        ELSE 'It holds temporary tables that are old, but before PostgreSQL 16 no query tells whether the session of that schema is still there.' END",
    hint: "CASE WHEN s.has_numbers THEN pg_catalog.format('Autovacuum drops them when it comes to this database: look why it does not. By hand, while no session has that number, a superuser can: DROP SCHEMA %I CASCADE;', s.schema_name) END",
    level: "CASE WHEN NOT s.has_numbers THEN 'not checked' END",
    ..Audit::of(Source::TempSchemas)
};
