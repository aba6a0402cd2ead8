use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/array-or-csv-fk.md")]
    "array-or-csv-fk", "WD247", Design, Off, since "0.1.0",
    "column holds a list of keys",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.kind = 'ids'",
    message: "s.column_is || ' made for a list of keys'",
    detail: "'No foreign key can check what is in it: a row that is deleted stays in the lists. A join has to take each list apart.'",
    hint: "'A table with a row for each pair, and a foreign key on both sides.'",
    ..Audit::of(Source::Columns)
};
