use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/primary-key-not-first.md")]
    "primary-key-not-first", "WD296", Design, Off, since "0.1.0",
    "primary key does not come first in the table",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.before_name IS NOT NULL",
    message: r#"pg_catalog.format('column "%s" of "%s" stands before the primary key', s.before_name, s.table_name)"#,
    detail: "'Who reads the table, or SELECT *, looks for the key in front.'",
    ..Audit::of(Source::Keys)
};
