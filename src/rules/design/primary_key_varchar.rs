use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/primary-key-varchar.md")]
    "primary-key-varchar", "WD294", Design, Off, since "0.1.0",
    "primary key holds text",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.text_names IS NOT NULL",
    message: r#"pg_catalog.format('primary key of "%s" holds text: %s', s.table_name, s.text_names)"#,
    detail: "'It is compared by the rules of its collation, takes more space in each index and each table that refers to it, and changes when what it names does.'",
    hint: "'Instead: a bigint identity as the key, and UNIQUE over the text.'",
    ..Audit::of(Source::Keys)
};
