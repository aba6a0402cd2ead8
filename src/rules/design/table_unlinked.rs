use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/table-unlinked.md")]
    "table-unlinked", "WD292", Design, Off, since "0.1.0",
    "no foreign key leads from the table or to it",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.is_unlinked",
    message: r#"pg_catalog.format('no foreign key leads from table "%s" or to it', s.table_name)"#,
    detail: "'Nothing says which rows belong to those of other tables, and nothing keeps them together.'",
    ..Audit::of(Source::Keys)
};
