use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/domain-with-check.md")]
    "domain-with-check", "WD299", Design, Off, since "0.1.0",
    "domain has a constraint",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.domain_name IS NOT NULL",
    message: r#"pg_catalog.format('domain "%s" has a constraint', s.domain_name)"#,
    detail: "'To change it reads each table with a column of it, which nobody may write meanwhile; to add such a column with a value writes every row again; and the server does not check all the values that queries make of it.'",
    hint: "'Instead: the type below, and CHECK or NOT NULL on the columns, which can be added NOT VALID and validated table by table.'",
    ..Audit::of(Source::Domains)
};
