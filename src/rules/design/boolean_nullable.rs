use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/boolean-nullable.md")]
    "boolean-nullable", "WD243", Design, Off, since "0.1.0",
    "boolean column may be NULL",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.kind = 'boolean'",
    message: "s.column_is || ' boolean and may be NULL'",
    detail: "'NULL is neither true nor false: WHERE NOT ... leaves such a row out, as WHERE ... does.'",
    hint: "'NOT NULL with a default, unless unknown is an answer of its own.'",
    ..Audit::of(Source::Columns)
};
