use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/foreign-key-cross-schema.md")]
    "foreign-key-cross-schema", "WD290", Design, Off, since "0.1.0",
    "foreign key refers to another schema",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.other_schema IS NOT NULL",
    message: r#"pg_catalog.format('foreign key "%s" of "%s" refers to "%s" in the schema "%s"', s.constraint_name, s.table_name, s.referenced_name, s.other_schema)"#,
    detail: "'One schema cannot be dropped, moved or restored without the other.'",
    ..Audit::of(Source::ForeignKeyShapes)
};
