use crate::rules::{Audit, Source, declare_rule};

declare_rule! {
    #[doc = include_str!("../../../docs/rules/trigger-function-shared.md")]
    "trigger-function-shared", "WD302", Design, Off, since "0.1.0",
    "one function serves triggers of several tables",
    [Audit(&AUDIT)]
}

const AUDIT: Audit = Audit {
    when: "s.tables > 1",
    message: r#"pg_catalog.format('function "%s" serves triggers of %s tables', s.function_name, s.tables)"#,
    detail: "pg_catalog.format('Of %s: who changes it for one changes it for all.', s.table_names)",
    hint: "'A function for each table, or one that goes by TG_TABLE_NAME and TG_ARGV alone, and is tested on each.'",
    ..Audit::of(Source::TriggerFunctions)
};
