use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/primary-key-natural.md")]
    "primary-key-natural", "WD295", Design, Off, since "0.1.0",
    "primary key is something that means something",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.natural_names IS NOT NULL",
    message: r#"pg_catalog.format('primary key of "%s" means something by itself: %s', s.table_name, s.natural_names)"#,
    detail: "'When that changes, or turns out not to be unique, each table that refers to it changes too.'",
    hint: "'Instead: a bigint identity as the key, and UNIQUE over these.'",
    ..Audit::of(Source::Keys)
};
