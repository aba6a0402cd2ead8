use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/primary-key-too-wide.md")]
    "primary-key-too-wide", "WD284", Design, Info, since "0.1.0",
    "primary key has more than 4 columns",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.primary_key_width > 4 AND NOT s.is_child",
    message: r#"pg_catalog.format('primary key of "%s" has %s columns', s.table_name, s.primary_key_width)"#,
    detail: "'Its index holds them all a second time, and so does each table that refers to it, with an index of its own.'",
    hint: "'Instead: one column that identifies a row, such as a bigint identity, as the key, and UNIQUE over these.'",
    ..Audit::of(Source::Tables)
};
