use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/mixed-table-owners.md")]
    "mixed-table-owners", "WD521", Access, Info, since "0.1.0",
    "tables of a schema belong to several roles",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.others_tables > 0 AND NOT s.tables_owner_is_superuser",
    message: r#"pg_catalog.format('tables of schema "%s" belong to several owners', s.schema_name)"#,
    detail: r#"pg_catalog.format('%s of %s are "%s"''s, which cannot alter %s of %s.', s.tables, s.tables_of_all, s.tables_owner_name, CASE s.others_tables WHEN 1 THEN 'one' ELSE s.others_tables::pg_catalog.text END, s.others)"#,
    hint: "pg_catalog.format('If they were meant to be the same: ALTER TABLE ... OWNER TO %I;', s.tables_owner_name)",
    ..Audit::of(Source::Schemata)
};
