use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/identifier-length-max.md")]
    "identifier-length-max", "WD306", Design, Info, since "0.1.0",
    "name is as long as names can be, and may have been cut",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.fault = 'length'",
    message: "s.names || CASE WHEN s.is_one THEN ' is' ELSE ' are' END || ' as long as names can be'",
    detail: "pg_catalog.format('The server keeps %s bytes of a name and cuts what is longer with a notice alone: its end may be missing.', pg_catalog.current_setting('max_identifier_length'))",
    hint: "'Compare it with the script that made it. If it was cut, the next one that begins so gets the same name: a shorter one keeps them apart.'",
    level: "'info'",
    ..Audit::of(Source::Names)
};
