use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/foreign-key-self.md")]
    "foreign-key-self", "WD291", Design, Off, since "0.1.0",
    "foreign key refers to its own table",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_of_itself",
    message: r#"pg_catalog.format('foreign key "%s" of "%s" refers to its own table', s.constraint_name, s.table_name)"#,
    detail: "'Its rows form trees: to read one takes a recursive query, and nothing keeps a row from being below itself.'",
    ..Audit::of(Source::ForeignKeyShapes)
};
