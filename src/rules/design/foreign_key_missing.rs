use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/foreign-key-missing.md")]
    "foreign-key-missing", "WD293", Design, Info, since "0.1.0",
    "column has no foreign key, as its like has in most tables",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.columns > 0",
    message: r#"CASE WHEN s.columns = 1 THEN pg_catalog.format('column %s of "%s" has no foreign key to %s', s.column_names, s.table_name, s.referenced_names)
        ELSE pg_catalog.format('columns %s of "%s" have no foreign keys to %s', s.column_names, s.table_name, s.referenced_names) END"#,
    detail: "pg_catalog.format('%s other tables of the schema have one over a column of that name and type. Here, nothing keeps a row from referring to one that is not there.', s.tables)",
    hint: "'If its rows are to refer to rows that are there: ' || s.statements || ' Then VALIDATE CONSTRAINT, which reads the table while others write.'",
    ..Audit::of(Source::ForeignKeysMissing)
};
