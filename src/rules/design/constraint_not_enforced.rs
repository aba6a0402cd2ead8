use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/constraint-not-enforced.md")]
    "constraint-not-enforced", "WD288", Design, Info, since "0.1.0",
    "constraint is NOT ENFORCED: nothing checks it",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_not_enforced",
    message: r#"pg_catalog.format('%s "%s" of "%s" is NOT ENFORCED', s.kind, s.constraint_name, s.table_name)"#,
    detail: "'Nothing checks it, for rows that are there or for those that are written: any row may break it.'",
    hint: "'If it is to hold: drop it, add it again NOT VALID, and validate it.'
        || CASE WHEN s.is_foreign_key
                THEN pg_catalog.format(' Where nobody needs the tables for a while: ALTER TABLE %s ALTER CONSTRAINT %I ENFORCED;', s.table_identity, s.constraint_name) ELSE '' END",
    ..Audit::of(Source::Constraints)
};
