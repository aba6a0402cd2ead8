use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/rls-not-forced.md")]
    "rls-not-forced", "WD525", Access, Info, since "0.1.0",
    "policies hold for nobody",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_enabled AND NOT s.is_forced AND s.permissive_policies > 0 AND s.is_owners_alone AND s.owner_logs_in AND NOT s.is_partition",
    message: r#"pg_catalog.format('policies of "%s" hold for nobody', s.table_name)"#,
    detail: r#"pg_catalog.format('No other role has rights on it, and for its owner "%s" they do not count.', s.owner_name)"#,
    hint: "'Let the application log in as another role than the owner; or let them count for the owner too, who then sees the same rows in a migration.'",
    fix: "pg_catalog.format('ALTER TABLE %s FORCE ROW LEVEL SECURITY;', s.identity)",
    ..Audit::of(Source::RowSecurity)
};
