use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/foreign-table-exposed.md")]
    "foreign-table-exposed", "WD533", Access, Warning, since "0.1.0",
    "foreign table shows what policies of the tables beside it hide",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_foreign",
    message: r#"pg_catalog.format('foreign table "%s" shows all its rows to %s', s.table_name, s.readers)"#,
    detail: r#"pg_catalog.format('Policies of %s keep rows apart by "%s". It has that column as well, and a foreign table can have no policies.', s.like_tables, s.column_name)"#,
    hint: "'Take the rights on it from them, and give them a view over it with the condition of those policies and security_barrier; or let policies of the other server decide, by a user mapping for each role.'",
    ..Audit::of(Source::PolicyGaps)
};
