use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/foreign-key-intersecting.md")]
    "foreign-key-intersecting", "WD289", Design, Info, since "0.1.0",
    "foreign key is contained in a wider one",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.contained_in IS NOT NULL",
    message: r#"pg_catalog.format('foreign key "%s" of "%s" is contained in "%s"', s.constraint_name, s.table_name, s.contained_in)"#,
    detail: r#"pg_catalog.format('Each row that "%s" lets in refers to a row of "%s" that this one asks for as well: it is looked up twice.', s.contained_in, s.referenced_name)"#,
    fix: "pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I;', s.table_identity, s.constraint_name)",
    ..Audit::of(Source::ForeignKeyShapes)
};
